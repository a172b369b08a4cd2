using System.Text;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The linear-algebra library that matrices are computed with.</summary>
/// <param name="File">Its file.</param>
/// <param name="Version">As it says itself.</param>
/// <param name="Core">The processor type whose kernels it uses.</param>
/// <param name="IsForced">Whether FASTMERGE_BLAS_CORETYPE names the core type.</param>
/// <param name="Ignored">What the environment says to it and is not heeded; empty if nothing.</param>
sealed record MatrixLibrary(string File, string Version, string Core, bool IsForced, string Ignored)
{
    /// <summary>What decides the bits of results, beside the number of threads.</summary>
    public string Text => $"OpenBLAS {Version} {Core}";

    /// <summary>Opens the library if it is not open, and describes it.</summary>
    /// <exception cref="Core.FastMergeException">Usage: there is none.</exception>
    public static unsafe MatrixLibrary Describe()
    {
        var info = new NativeBlasInfo { StructSize = sizeof(NativeBlasInfo) };
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.BlasDescribe(&info, &error), error, "matrices");
        return new(
            TextOf(info.Library), TextOf(info.Version), TextOf(info.Core), info.IsForced != 0, TextOf(info.Ignored));
    }

    static string TextOf(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..bytes.IndexOf((byte)0)]);
}

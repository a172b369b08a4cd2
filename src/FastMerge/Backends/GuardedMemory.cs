using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>Copies from memory that may be a mapped file.</summary>
static unsafe class GuardedMemory
{
    /// <summary>Copies; a file that has shrunk or cannot be read is a failure that names <paramref
    /// name="what"/>.</summary>
    public static void Copy(byte* destination, byte* source, int bytes, string what)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.GuardedCopy(destination, source, bytes, &error), error, what);
    }
}

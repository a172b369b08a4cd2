using System.Runtime.InteropServices;
using FastMerge.Core;

namespace FastMerge.Interop;

/// <summary>
/// Finds libfastmerge_native: the file that FASTMERGE_NATIVE names, else beside the program, else in the
/// build folder of the source tree the program runs from.
/// </summary>
static class NativeLibraryPath
{
    /// <summary>The import name.</summary>
    public const string Name = "fastmerge_native";

    const string FileName = "libfastmerge_native.so";

    /// <summary>Loads the library for an import of <see cref="Name"/>; other names take the usual way.</summary>
    public static nint Resolve(string name)
    {
        if (name != Name) return 0;
        var path = Find();
        var handle = NativeLibrary.Load(path);
        var version = Marshal.GetDelegateForFunctionPointer<AbiVersion>(
            NativeLibrary.GetExport(handle, "fm_abi_version"))();
        if (version == NativeMethods.AbiVersion) return handle;
        throw new FastMergeException(
            FailureKind.Bug, $"{path} has ABI {version}, this program needs {NativeMethods.AbiVersion}");
    }

    static string Find()
    {
        if (Environment.GetEnvironmentVariable("FASTMERGE_NATIVE") is { Length: > 0 } forced) return forced;
        var beside = Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(beside)) return beside;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            var built = Path.Combine(folder.FullName, "artifacts", "native", FileName);
            if (File.Exists(built)) return built;
        }
        throw new FastMergeException(
            FailureKind.Bug,
            $"{FileName} is neither beside the program ({AppContext.BaseDirectory}) nor in artifacts/native");
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate int AbiVersion();
}

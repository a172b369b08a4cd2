using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Interop;

/// <summary>Switches an open file to reads that bypass the page cache.</summary>
static partial class DirectIo
{
    const int GetFlags = 3;
    const int SetFlags = 4;
    static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <summary>Sets O_DIRECT; false if the file system does not know it.</summary>
    public static bool TryEnable(SafeFileHandle file)
    {
        var flags = Control(file, GetFlags, 0);
        return flags >= 0 && Control(file, SetFlags, flags | Direct) == 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Interop;

/// <summary>The system calls of Linux that the base library does not offer, or not exactly.</summary>
static unsafe partial class Posix
{
#pragma warning disable CA1707 // spelled as in the manual pages
    public const int O_RDWR = 2, O_CREAT = 0x40, O_NOCTTY = 0x100, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EAGAIN = 11, EACCES = 13, EEXIST = 17, ENOTDIR = 20,
        EISDIR = 21, EINVAL = 22, ENOSPC = 28, ENAMETOOLONG = 36, ELOOP = 40, EOPNOTSUPP = 95;
    public const int LOCK_EX = 2, LOCK_NB = 4;
#pragma warning restore CA1707

    const string Library = "libc";
    const int CurrentFolder = -100, EmptyPath = 0x1000;
    const uint BasicStats = 0x7ff;

    static readonly Dictionary<int, string> Names = new()
    {
        [EPERM] = "EPERM", [ENOENT] = "ENOENT", [EINTR] = "EINTR", [5] = "EIO", [6] = "ENXIO", [9] = "EBADF",
        [EAGAIN] = "EAGAIN", [12] = "ENOMEM", [EACCES] = "EACCES", [16] = "EBUSY", [EEXIST] = "EEXIST",
        [18] = "EXDEV", [19] = "ENODEV", [ENOTDIR] = "ENOTDIR", [EISDIR] = "EISDIR", [EINVAL] = "EINVAL",
        [23] = "ENFILE", [24] = "EMFILE", [26] = "ETXTBSY", [27] = "EFBIG", [ENOSPC] = "ENOSPC",
        [30] = "EROFS", [31] = "EMLINK", [ENAMETOOLONG] = "ENAMETOOLONG", [37] = "ENOLCK", [38] = "ENOSYS",
        [39] = "ENOTEMPTY", [ELOOP] = "ELOOP", [75] = "EOVERFLOW", [EOPNOTSUPP] = "EOPNOTSUPP",
        [110] = "ETIMEDOUT", [116] = "ESTALE", [121] = "EREMOTEIO", [122] = "EDQUOT",
    };

    /// <summary>The name and meaning of an error number: <c>ENOSPC: No space left on device</c>.</summary>
    public static string Describe(int errno)
    {
        var name = Names.TryGetValue(errno, out var known) ? known : $"errno {errno}";
        return $"{name}: {Marshal.GetPInvokeErrorMessage(errno)}";
    }

    /// <summary>Opens a path; the error number of a failure is the last P/Invoke error.</summary>
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "pread64", SetLastError = true)]
    public static partial nint Read(SafeFileHandle file, byte* buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite64", SetLastError = true)]
    public static partial nint Write(SafeFileHandle file, byte* buffer, nint count, long offset);

    /// <summary>Reserves blocks; returns the error number itself.</summary>
    [LibraryImport(Library, EntryPoint = "posix_fallocate64")]
    public static partial int Allocate(SafeFileHandle file, long offset, long length);

    [LibraryImport(Library, EntryPoint = "ftruncate64", SetLastError = true)]
    public static partial int Truncate(SafeFileHandle file, long length);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    /// <summary>Starts writing a file's dirty pages to the device; a hint, its result does not matter.</summary>
    [LibraryImport(Library, EntryPoint = "sync_file_range")]
    public static partial int StartWriteBack(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Rename(string from, string to);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport(Library, EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveFolder(string path);

    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MakeFolder(string path, uint mode);

    /// <summary>What a path leads to; 0 or the error number.</summary>
    public static int Stat(string path, out FileFacts facts) =>
        Statx(CurrentFolder, path, 0, BasicStats, out facts) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>What an open file is now; 0 or the error number.</summary>
    public static int Stat(SafeFileHandle file, out FileFacts facts)
    {
        var added = false;
        try
        {
            file.DangerousAddRef(ref added);
            var descriptor = (int)file.DangerousGetHandle();
            return Statx(descriptor, "", EmptyPath, BasicStats, out facts) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        finally
        {
            if (added) file.DangerousRelease();
        }
    }

    /// <summary>Bytes an unprivileged user can still write; 0 or the error number.</summary>
    public static int FreeBytes(string path, out long bytes)
    {
        bytes = 0;
        if (Statvfs(path, out var facts) != 0) return Marshal.GetLastPInvokeError();
        var free = (UInt128)facts.FragmentSize * facts.AvailableBlocks;
        bytes = free > long.MaxValue ? long.MaxValue : (long)free;
        return 0;
    }

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out FileFacts facts);

    [LibraryImport(Library, EntryPoint = "statvfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statvfs(string path, out FileSystemFacts facts);
}

/// <summary>struct statx of the kernel; the same layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
struct FileFacts
{
    [FieldOffset(28)] public ushort Mode;
    [FieldOffset(32)] public ulong Inode;
    [FieldOffset(40)] public ulong Size;
    [FieldOffset(96)] public long ChangedSeconds;
    [FieldOffset(104)] public uint ChangedNanoseconds;
    [FieldOffset(112)] public long ModifiedSeconds;
    [FieldOffset(120)] public uint ModifiedNanoseconds;
    [FieldOffset(136)] public uint DeviceMajor;
    [FieldOffset(140)] public uint DeviceMinor;

    public readonly bool IsRegular => (Mode & 0xf000) == 0x8000;

    public readonly bool IsFolder => (Mode & 0xf000) == 0x4000;
}

/// <summary>The first fields of struct statvfs on 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
struct FileSystemFacts
{
    public ulong BlockSize, FragmentSize, Blocks, FreeBlocks, AvailableBlocks;
}

using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Checkpoint;

/// <summary>Turns error numbers of system calls into exceptions that name the path.</summary>
static class StorageErrors
{
    /// <summary>The exception of a failed call; <see cref="Exception.HResult"/> is the error number.</summary>
    public static Exception Create(string action, string path, int errno)
    {
        var message = $"cannot {action} '{DisplayText.Escape(path)}': {Posix.Describe(errno)}";
        return errno switch
        {
            Posix.EACCES or Posix.EPERM => new UnauthorizedAccessException(message),
            Posix.ENOENT or Posix.ENOTDIR => new FileNotFoundException(message, path),
            _ => new IOException(message, errno),
        };
    }

    /// <summary>Refuses a path that a system call would cut at a NUL.</summary>
    public static string Check(string path) => path.Length > 0 && !path.Contains('\0')
        ? path
        : throw Create("use", path, Posix.EINVAL);
}

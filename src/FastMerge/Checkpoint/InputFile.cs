using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Checkpoint;

/// <summary>Opens and reads input files with failures that carry their documented kind.</summary>
static class InputFile
{
    /// <summary>Runs an action on inputs; storage failures become <see cref="FastMergeException"/>.</summary>
    public static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Translate(e);
        }
    }

    /// <summary>No permission, no file, a loop of links: a wrong input. A short read: it changed. Else I/O.</summary>
    public static FastMergeException Translate(Exception failure) => new(
        failure switch
        {
            EndOfStreamException => FailureKind.InputChanged,
            UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => FailureKind.Input,
            _ when failure.HResult is Posix.ELOOP or Posix.EISDIR or Posix.ENAMETOOLONG => FailureKind.Input,
            _ => FailureKind.Io,
        },
        failure.Message, failure);

    /// <summary>Opens a regular file; anything else at the path is a wrong input.</summary>
    public static IStorageFile Open(IStorage storage, string path) => storage.Stat(path).Kind switch
    {
        EntryKind.File => storage.OpenRead(path),
        EntryKind.Absent => throw SafetensorsHeader.Bad(path, "the file is missing (or a link to nothing)"),
        EntryKind.Folder => throw SafetensorsHeader.Bad(path, "it is a folder, not a file"),
        _ => throw SafetensorsHeader.Bad(path, "it is a pipe, socket or device, not a regular file"),
    };

    /// <summary>The content of a small file; null if it is absent.</summary>
    public static byte[]? ReadAll(IStorage storage, string path, int maxBytes)
    {
        if (storage.Stat(path).Kind == EntryKind.Absent) return null;
        using var file = Open(storage, path);
        var length = file.Stat().Length;
        if (length > maxBytes)
            throw SafetensorsHeader.Bad(path, $"it has {length} bytes; at most {maxBytes} are read");
        var bytes = new byte[length];
        file.Read(0, bytes);
        return bytes;
    }
}

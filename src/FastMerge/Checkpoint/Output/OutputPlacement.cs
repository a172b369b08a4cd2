using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>Refuses outputs that lie where the inputs are.</summary>
static class OutputPlacement
{
    const int MaxDepth = 4096;

    /// <summary>Fails with <see cref="FailureKind.Usage"/> if the output folder is an input (a folder or
    /// the folder of a file), or lies inside one, by whatever links the paths lead there.</summary>
    public static void Check(IStorage storage, string output, IEnumerable<string> inputs)
    {
        var above = Ancestors(storage, output);
        foreach (var input in inputs)
        {
            var isFile = storage.Stat(input).Kind == EntryKind.File;
            var folder = isFile ? Path.GetDirectoryName(Path.GetFullPath(input))! : Path.GetFullPath(input);
            if (storage.Stat(folder) is not { Kind: EntryKind.Folder } entry) continue;
            var place = (entry.Device, entry.Inode);
            var equal = above.Count > 0 && above[0] == place && storage.Stat(output).Kind == EntryKind.Folder;
            // A single file is an input, not all that lies beside it: a folder next to it is fine.
            if (!equal && (isFile || !above.Contains(place))) continue;
            throw new FastMergeException(FailureKind.Usage, $"output '{DisplayText.Escape(output)}' "
                + $"{(equal ? "is" : "lies inside")} the folder of the input '{DisplayText.Escape(input)}'; "
                + "choose a folder elsewhere");
        }
    }

    /// <summary>The nearest existing folder of the path, then its real parents up to the root.</summary>
    static List<(ulong Device, ulong Inode)> Ancestors(IStorage storage, string path)
    {
        var existing = Path.GetFullPath(path);
        while (storage.Stat(existing).Kind != EntryKind.Folder)
        {
            if (Path.GetDirectoryName(existing) is not { } parent) return [];
            existing = parent;
        }
        var above = new List<(ulong Device, ulong Inode)>();
        // ".." follows the folders as they are on disk, also where the path came through a link.
        for (var depth = 0; depth < MaxDepth; depth++, existing = Path.Join(existing, ".."))
        {
            var entry = storage.Stat(existing);
            if (above.Count > 0 && above[^1] == (entry.Device, entry.Inode)) break;
            above.Add((entry.Device, entry.Inode));
        }
        return above;
    }
}

using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>The lock file of a folder as it was found.</summary>
/// <param name="Lock">What it says.</param>
/// <param name="Content">Its bytes.</param>
sealed record PublishedFiles(MergeLock Lock, byte[] Content)
{
    /// <summary>The lock file of the folder; null if there is none.</summary>
    public static PublishedFiles? Read(IStorage storage, string folder, FailureKind kind)
    {
        var path = Path.Join(folder, OutputNames.Lock);
        if (storage.Stat(path).Kind != EntryKind.File) return null;
        using var file = storage.OpenRead(path);
        var length = file.Stat().Length;
        if (length > MergeLockJson.MaxBytes)
        {
            throw new FastMergeException(kind, $"'{DisplayText.Escape(path)}' takes {length} bytes; "
                + $"a lock file of FastMerge takes at most {MergeLockJson.MaxBytes}");
        }
        var content = new byte[length];
        file.Read(0, content);
        return new(MergeLockJson.Read(content, path, kind), content);
    }

    /// <summary>The lock file of an output; null if there is none that can be read.</summary>
    public static PublishedFiles? Read(OutputSite site)
    {
        try
        {
            return Read(site.Storage, site.Folder, FailureKind.Usage);
        }
        catch (FastMergeException)
        {
            return null;
        }
    }

    /// <summary>Names of all files of the finished merge.</summary>
    public IEnumerable<string> OwnedNames() => Lock.Outputs.Select(output => output.File).Append(OutputNames.Lock);

    /// <summary>The first file that is absent or has other content than recorded; null if all are well.</summary>
    public string? FirstDamaged(OutputSite site, bool withShards)
    {
        if (!MergeLockJson.Write(Lock, site.Hasher).AsSpan().SequenceEqual(Content)) return OutputNames.Lock;
        var shards = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < site.Layout.Shards.Length; i++) shards[site.Layout.Shards[i].Name] = i;
        foreach (var output in Lock.Outputs)
        {
            var isShard = shards.TryGetValue(output.File, out var shard);
            if (isShard && !withShards) continue;
            var segments = isShard ? SafetensorsSegments.Of(site.Layout, shard) : [new(0, output.Size, 0)];
            if (!IsIntact(site, output, segments)) return output.File;
        }
        return null;
    }

    static bool IsIntact(OutputSite site, LockedOutput output, IReadOnlyList<FileSegment> segments)
    {
        var path = site.At(output.File);
        if (site.Storage.Stat(path) is not { Kind: EntryKind.File } entry || entry.Length != output.Size) return false;
        if (segments[^1].Offset + segments[^1].Length != output.Size) return false;
        using var file = site.Storage.OpenRead(path);
        return site.FileHasher.HashFile(file, segments) == output.Hash;
    }
}

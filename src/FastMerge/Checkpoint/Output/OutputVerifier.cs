using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>Holds the files of an output against its lock.</summary>
sealed class OutputVerifier
{
    readonly string _folder;
    readonly IStorage _storage;
    readonly FileHasher _hasher;

    OutputVerifier(string folder, IStorage storage, FileHasher hasher) =>
        (_folder, _storage, _hasher) = (folder, storage, hasher);

    /// <summary>
    /// Hashes every file that the lock lists, and the lock itself. Without a lock, headers and index
    /// are checked and a note says so. Progress is told the bytes hashed since its last call.
    /// </summary>
    public static VerifyReport Verify(
        string folder, IStorage storage, IBlockHasher hasher, Action<long>? progress = null,
        CancellationToken cancellation = default, int threads = 0)
    {
        var count = threads > 0 ? threads : Environment.ProcessorCount;
        var verifier = new OutputVerifier(folder, storage, new FileHasher(hasher, count, progress, cancellation));
        try
        {
            return verifier.Verify();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FastMergeException(FailureKind.Io, e.Message, e);
        }
    }

    VerifyReport Verify()
    {
        if (_storage.Stat(_folder).Kind != EntryKind.Folder)
        {
            throw new FastMergeException(
                FailureKind.Usage, $"'{DisplayText.Escape(_folder)}' is not a folder; the output of a merge is needed");
        }
        var notes = new List<string>();
        var journal = Path.Join(OutputNames.State, OutputNames.Journal);
        var unfinished = _storage.Stat(Path.Join(_folder, journal)).Kind == EntryKind.File;
        if (unfinished) notes.Add("the folder holds an unfinished merge; merge --resume continues it");
        PublishedFiles? published;
        try
        {
            published = PublishedFiles.Read(_storage, _folder, FailureKind.Verification);
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Verification)
        {
            return new(true, [new(OutputNames.Lock, 0, e.Message)], notes);
        }
        if (published is not null) return VerifyHashes(published, notes);
        return unfinished ? new(false, [new(journal, 0, "the merge is unfinished")], notes) : VerifyHeaders(notes);
    }

    VerifyReport VerifyHashes(PublishedFiles published, List<string> notes)
    {
        var intact = MergeLockJson.Write(published.Lock, _hasher.Hasher).AsSpan().SequenceEqual(published.Content);
        var files = new List<FileVerdict>
        {
            new(OutputNames.Lock, published.Content.Length, intact ? null : "its text is not what was written"),
        };
        files.AddRange(published.Lock.Outputs.Select(output => new FileVerdict(
            output.File, output.Size, FindProblem(output))));
        var listed = published.OwnedNames().ToHashSet(StringComparer.Ordinal);
        notes.AddRange(_storage.List(_folder)
            .Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal) && !listed.Contains(name))
            .Select(name => $"'{DisplayText.Escape(name)}' is not of this merge; some loaders would read it"));
        return new(true, files, notes);
    }

    VerifyReport VerifyHeaders(List<string> notes)
    {
        notes.Add($"there is no {OutputNames.Lock}: headers and index were checked, the data was not");
        try
        {
            var checkpoint = InputCheckpoint.Open(new ModelLocation(_folder), _storage);
            notes.AddRange(checkpoint.Warnings);
            return new(false, [.. checkpoint.Shards.Select(shard => new FileVerdict(
                shard.FileName, shard.Header.DataOffset, null))], notes);
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            return new(false, [new(Path.GetFileName(_folder), 0, e.Message)], notes);
        }
    }

    string? FindProblem(LockedOutput output)
    {
        var path = Path.Join(_folder, output.File);
        var entry = _storage.Stat(path);
        if (entry.Kind == EntryKind.Absent) return "it is missing";
        if (entry.Kind != EntryKind.File) return "it is not a file";
        if (entry.Length != output.Size) return $"it has {entry.Length} bytes; the lock records {output.Size}";
        using var file = _storage.OpenRead(path);
        try
        {
            var found = _hasher.HashFile(file, Segments(file, output));
            return found == output.Hash ? null : $"its hash is {found:x32}; the lock records {output.Hash:x32}";
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            return e.Message;
        }
    }

    static IReadOnlyList<FileSegment> Segments(IStorageFile file, LockedOutput output)
    {
        if (!output.File.EndsWith(".safetensors", StringComparison.Ordinal)) return [new(0, output.Size, 0)];
        var header = SafetensorsHeader.Read(file, output.File);
        return SafetensorsSegments.Of(
            header.DataOffset, header.Tensors.Select(tensor => tensor.End - tensor.Begin));
    }
}

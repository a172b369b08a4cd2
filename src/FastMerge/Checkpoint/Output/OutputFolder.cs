using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// The output folder of one merge: held exclusively, crash-safe, resumable. Order of events: journal;
/// per shard temporary file, data, sync, rename, folder sync, journal record; then side files, lock,
/// folder sync; the index (or the single weight file) last; then the journal goes. So if the index
/// exists, everything that it names is complete, and until then a resume finds out what is.
/// </summary>
sealed class OutputFolder : IDisposable
{
    readonly OutputSite _site;
    readonly Journal? _journal;
    readonly IDisposable? _hold;
    readonly ShardWriter[] _writers;
    readonly IReadOnlyList<string> _oldSideFiles;
    readonly Dictionary<int, ulong[]> _phases = [];

    /// <summary>An output in the making.</summary>
    internal OutputFolder(OutputSite site, Journal journal, IDisposable hold, IReadOnlyList<string> oldSideFiles)
    {
        (_site, _journal, _hold, _oldSideFiles) = (site, journal, hold, oldSideFiles);
        _writers = [.. Enumerable.Range(0, site.Layout.Shards.Length)
            .Select(shard => new ShardWriter(site, journal, shard))];
    }

    OutputFolder(OutputSite site) => (_site, _writers, _oldSideFiles, AlreadyComplete) = (site, [], [], true);

    /// <summary>Whether the folder holds the finished result of this very merge; nothing is left to do.</summary>
    public bool AlreadyComplete { get; private set; }

    /// <summary>Bytes of tensor data that a resume found good.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>The files being written.</summary>
    public ShardLayout Layout => _site.Layout;

    /// <summary>Checks the folder, takes it and prepares it, or continues what is there.</summary>
    public static OutputFolder Open(OutputRequest request, IStorage storage, IBlockHasher hasher)
    {
        var site = new OutputSite(
            request, Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.Folder)), storage, hasher);
        return Guard(() => new OutputOpening(site).Open());
    }

    /// <summary>
    /// Writes bytes of a tensor from any thread, in any order. They start at a multiple of 64 KiB and
    /// end at one or at the tensor's end; each hash is that of 64 KiB. The call that completes a
    /// shard returns when the shard is durable.
    /// </summary>
    public void Write(int tensor, long byteOffset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes)
    {
        var place = Layout.Place(tensor);
        var end = byteOffset + data.Length;
        if (byteOffset < 0 || byteOffset % OutputBlocks.Bytes != 0 || end > place.Length
            || (end != place.Length && end % OutputBlocks.Bytes != 0)
            || blockHashes.Length != OutputBlocks.Count(data.Length))
        {
            throw new ArgumentException($"bytes {byteOffset} to {end} of tensor "
                + $"'{DisplayText.Escape(Layout.Tensors[tensor].Name)}' with {blockHashes.Length} hashes are not "
                + $"whole blocks of its {place.Length} bytes");
        }
        if (AlreadyComplete || data.IsEmpty) return;
        try
        {
            _writers[place.Shard].Write(tensor, byteOffset, data, blockHashes);
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.InputChanged)
        {
            DiscardUnfinished();
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputSite.Failure(e);
        }
    }

    /// <summary>Runs of a tensor's bytes that are still to be written, whole blocks each.</summary>
    public IReadOnlyList<ByteRange> MissingRanges(int tensor) =>
        AlreadyComplete ? [] : _writers[Layout.Place(tensor).Shard].MissingRanges(tensor);

    /// <summary>What a phase over the whole model found, if an earlier run journalled it.</summary>
    public ulong[]? FindPhase(int phase) => _phases.GetValueOrDefault(phase);

    /// <summary>Journals what a phase has found; durable on return.</summary>
    public void KeepPhase(int phase, ulong[] values) => Guard(() =>
    {
        _journal?.Commit(new JournalRecord.PhaseDone(phase, values));
        return true;
    });

    /// <summary>Throws away every unfinished shard, because an input changed while it was read. Called
    /// by <see cref="Write"/> when <see cref="OutputRequest.BeforeShardRename"/> says so.</summary>
    public void DiscardUnfinished() => Guard(() =>
    {
        foreach (var writer in _writers) writer.Discard();
        return true;
    });

    /// <summary>
    /// Finishes the output when all bytes are written: side files, the lock (whose outputs are filled
    /// in here), then the index or the single weight file. Returns the lock that was written.
    /// </summary>
    public MergeLock Publish(IReadOnlyList<OutputFile> sideFiles, MergeLock mergeLock) => Guard(() =>
    {
        if (AlreadyComplete) return PublishedFiles.Read(_site)?.Lock ?? mergeLock;
        foreach (var writer in _writers) writer.FinishIfWhole();
        var publisher = new OutputPublisher(_site, _journal!, [.. _writers.Select(writer => writer.Done
            ?? throw new InvalidOperationException("the output is published before every block is written"))]);
        var written = publisher.Publish(sideFiles, mergeLock, _oldSideFiles);
        Close();
        AlreadyComplete = true;
        return written;
    });

    /// <summary>Lets the folder go. What is not published can be resumed.</summary>
    public void Dispose()
    {
        foreach (var writer in _writers) writer.Dispose();
        _journal?.Dispose();
        _hold?.Dispose();
    }

    /// <summary>The folder of a merge that was finished before.</summary>
    internal static OutputFolder Finished(OutputSite site) => new(site);

    /// <summary>Takes over the work that a journal records, as far as the files bear it out.</summary>
    internal void TakeOver(JournalReader reader)
    {
        foreach (var record in reader.Records())
        {
            if (record is JournalRecord.PhaseDone phase) _phases[phase.Phase] = phase.Values;
            else OutputResume.Recall(record, Layout, _writers);
        }
        var resume = new OutputResume(_site, _journal!, _writers);
        AlreadyComplete = resume.Verify();
        KeptBytes = resume.KeptBytes;
        if (AlreadyComplete) Close();
    }

    void Close()
    {
        _journal!.Dispose();
        OutputState.Remove(_site, _hold);
    }

    static T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw OutputSite.Failure(e);
        }
    }
}

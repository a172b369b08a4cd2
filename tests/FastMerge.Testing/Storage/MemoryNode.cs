namespace FastMerge.Testing.Storage;

/// <summary>A file or folder of <see cref="MemoryStorage"/>, with what a power cut would leave of it.</summary>
abstract class MemoryNode(ulong inode)
{
    public ulong Inode { get; } = inode;

    /// <summary>The node that a power cut leaves; chance decides on what was not synced.</summary>
    public abstract MemoryNode AfterPowerLoss(Random? chance);
}

/// <summary>A folder: entries now, and how they came from those that are durable.</summary>
sealed class MemoryFolder(ulong inode) : MemoryNode(inode)
{
    readonly List<Action<Dictionary<string, MemoryNode>>> _pending = [];
    Dictionary<string, MemoryNode> _durable = new(StringComparer.Ordinal);

    public Dictionary<string, MemoryNode> Entries { get; private set; } = new(StringComparer.Ordinal);

    public void Change(Action<Dictionary<string, MemoryNode>> change)
    {
        change(Entries);
        _pending.Add(change);
    }

    public void Sync()
    {
        _durable = new(Entries, StringComparer.Ordinal);
        _pending.Clear();
    }

    public override MemoryFolder AfterPowerLoss(Random? chance)
    {
        var entries = new Dictionary<string, MemoryNode>(_durable, StringComparer.Ordinal);
        // Journaling file systems keep the order of changes, others need not: a beginning survives, or any part.
        var inOrder = chance?.Next(2) == 0;
        var count = inOrder ? chance!.Next(_pending.Count + 1) : _pending.Count;
        foreach (var change in _pending.Take(chance is null ? 0 : count))
        {
            if (inOrder || chance!.Next(2) == 0) change(entries);
        }
        var folder = new MemoryFolder(Inode);
        foreach (var (name, node) in entries) folder.Entries[name] = node.AfterPowerLoss(chance);
        folder.Sync();
        return folder;
    }
}

/// <summary>A file: content now, and the content that is durable.</summary>
sealed class MemoryFile(ulong inode) : MemoryNode(inode)
{
    const int PageBytes = 4096;

    byte[] _durable = [];
    byte[]? _lost;

    public byte[] Content { get; set; } = [];

    public long Version { get; set; }

    public void Sync()
    {
        _durable = _lost is null ? [.. Content] : Mix(Content, _lost, page => SamePage(page) ? _lost : Content);
    }

    /// <summary>After a failed sync the cache calls its pages clean: later syncs do not write them.</summary>
    public void FailSync() => (_lost, _failedContent) = ([.. _durable], [.. Content]);

    public override MemoryFile AfterPowerLoss(Random? chance)
    {
        var content = chance is null ? _durable
            : Mix(chance.Next(2) == 0 ? Content : _durable, _durable, _ => chance.Next(2) == 0 ? Content : _durable);
        return new(Inode) { Content = [.. content], _durable = [.. content], Version = Version };
    }

    byte[] _failedContent = [];

    bool SamePage(int start) => Page(Content, start).SequenceEqual(Page(_failedContent, start));

    static byte[] Mix(byte[] length, byte[] fallback, Func<int, byte[]> choose)
    {
        var mixed = new byte[length.Length];
        for (var start = 0; start < mixed.Length; start += PageBytes)
        {
            var page = Page(choose(start), start);
            if (page.IsEmpty) page = Page(fallback, start);
            page[..Math.Min(page.Length, mixed.Length - start)].CopyTo(mixed.AsSpan(start));
        }
        return mixed;
    }

    static ReadOnlySpan<byte> Page(byte[] content, int start) => start >= content.Length ? []
        : content.AsSpan(start, Math.Min(PageBytes, content.Length - start));
}

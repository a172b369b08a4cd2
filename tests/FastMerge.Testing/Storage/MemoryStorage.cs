using FastMerge.Checkpoint;

namespace FastMerge.Testing.Storage;

/// <summary>
/// Files in memory that know what is durable: content only after <see cref="IStorageFile.Sync"/>,
/// names only after <see cref="IStorage.SyncFolder"/>. <see cref="AfterPowerLoss"/> gives what a power
/// cut would leave.
/// </summary>
public sealed class MemoryStorage : IStorage
{
    readonly Lock _lock = new();
    readonly HashSet<ulong> _held = [];
    readonly MemoryFolder _root;
    ulong _lastInode;
    long _clock;

    /// <summary>An empty file system.</summary>
    public MemoryStorage() : this(new MemoryFolder(1), 1)
    {
    }

    MemoryStorage(MemoryFolder root, ulong lastInode) => (_root, _lastInode) = (root, lastInode);

    /// <summary>What <see cref="IStorage.FreeBytes"/> answers.</summary>
    public long Free { get; set; } = long.MaxValue;

    /// <summary>The state after a power cut: without chance everything un-synced is gone, with chance any
    /// part of it may have survived. Locks are free.</summary>
    public MemoryStorage AfterPowerLoss(Random? chance) =>
        new(_root.AfterPowerLoss(chance), _lastInode) { Free = Free };

    /// <summary>What the end of the process does: locks are free.</summary>
    public void ReleaseLocks() => _held.Clear();

    /// <summary>All files under a folder with their content, by relative path.</summary>
    public SortedDictionary<string, byte[]> Files(string folder)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        if (Find(folder) is MemoryFolder found) Collect(found, "", files);
        return files;
    }

    /// <summary>Every folder under a folder, by relative path.</summary>
    public IEnumerable<string> Folders(string folder) => Find(folder) is MemoryFolder found
        ? found.Entries.Where(entry => entry.Value is MemoryFolder).Select(entry => entry.Key) : [];

    /// <summary>Changes a file's bytes behind everybody's back; the change is durable.</summary>
    public void Tamper(string path, Func<byte[], byte[]> change)
    {
        var file = (MemoryFile)Find(path)!;
        file.Content = change([.. file.Content]);
        file.Sync();
    }

    /// <summary>Puts a durable file.</summary>
    public void Put(string path, ReadOnlySpan<byte> content)
    {
        ((IStorage)this).CreateFolder(Path.GetDirectoryName(path)!);
        using var file = ((IStorage)this).OpenWrite(path);
        file.Truncate(0);
        file.Write(0, content);
        file.Sync();
        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
            ((IStorage)this).SyncFolder(folder);
    }

    IStorageFile IStorage.OpenRead(string path)
    {
        lock (_lock)
        {
            return Find(path) is MemoryFile file ? Open(path, file)
                : throw new FileNotFoundException($"cannot open '{path}': no such file", path);
        }
    }

    IStorageFile IStorage.OpenWrite(string path)
    {
        lock (_lock)
        {
            return Open(path, Create(path));
        }
    }

    void IStorage.Rename(string from, string to)
    {
        lock (_lock)
        {
            var folder = Parent(from);
            if (folder != Parent(to)) throw new IOException($"cannot rename '{from}' to another folder");
            var (oldName, newName) = (Path.GetFileName(from), Path.GetFileName(to));
            if (!folder.Entries.TryGetValue(oldName, out var node))
                throw new FileNotFoundException($"cannot rename '{from}': no such file", from);
            folder.Change(entries =>
            {
                entries.Remove(oldName);
                entries[newName] = node;
            });
        }
    }

    void IStorage.Delete(string path) => Remove(path, node => node is MemoryFile);

    void IStorage.DeleteFolder(string path) => Remove(path, node => node is MemoryFolder { Entries.Count: 0 });

    void IStorage.CreateFolder(string path)
    {
        lock (_lock)
        {
            var folder = _root;
            foreach (var name in Split(path))
            {
                if (!folder.Entries.TryGetValue(name, out var node))
                {
                    var created = node = new MemoryFolder(++_lastInode);
                    folder.Change(entries => entries[name] = created);
                }
                folder = node as MemoryFolder ?? throw new IOException($"cannot create '{path}': '{name}' is a file");
            }
        }
    }

    void IStorage.SyncFolder(string path)
    {
        lock (_lock) (Find(path) as MemoryFolder ?? throw new FileNotFoundException($"no folder '{path}'")).Sync();
    }

    IReadOnlyList<string> IStorage.List(string folder)
    {
        lock (_lock)
        {
            return Find(folder) is MemoryFolder found ? [.. found.Entries.Keys.Order(StringComparer.Ordinal)] : [];
        }
    }

    StorageEntry IStorage.Stat(string path)
    {
        lock (_lock) return Find(path) is { } node ? Entry(node) : default;
    }

    long IStorage.FreeBytes(string path) => Free;

    IDisposable? IStorage.TryLock(string path)
    {
        lock (_lock)
        {
            var inode = Create(path).Inode;
            return _held.Add(inode) ? new Held(this, inode) : null;
        }
    }

    static string[] Split(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0) parts.RemoveAt(parts.Count - 1);
        }
        return [.. parts];
    }

    static StorageEntry Entry(MemoryNode node) => node is MemoryFile file
        ? new(EntryKind.File, file.Content.Length, 1, file.Inode, file.Version, file.Version)
        : new(EntryKind.Folder, 0, 1, node.Inode, 0, 0);

    static void Collect(MemoryFolder folder, string prefix, SortedDictionary<string, byte[]> files)
    {
        foreach (var (name, node) in folder.Entries)
        {
            if (node is MemoryFile file) files[prefix + name] = file.Content;
            else Collect((MemoryFolder)node, prefix + name + "/", files);
        }
    }

    MemoryNode? Find(string path)
    {
        MemoryNode? node = _root;
        foreach (var name in Split(path)) node = (node as MemoryFolder)?.Entries.GetValueOrDefault(name);
        return node;
    }

    MemoryFolder Parent(string path) => Find(Path.GetDirectoryName(path)!) as MemoryFolder
        ?? throw new FileNotFoundException($"no folder for '{path}'", path);

    MemoryFile Create(string path)
    {
        var (folder, name) = (Parent(path), Path.GetFileName(path));
        if (folder.Entries.TryGetValue(name, out var node))
            return node as MemoryFile ?? throw new IOException($"'{path}' is a folder");
        var file = new MemoryFile(++_lastInode);
        folder.Change(entries => entries[name] = file);
        return file;
    }

    void Remove(string path, Func<MemoryNode, bool> isRight)
    {
        lock (_lock)
        {
            if (Find(path) is not { } node) return;
            if (!isRight(node)) throw new IOException($"cannot delete '{path}': of the wrong kind or not empty");
            Parent(path).Change(entries => entries.Remove(Path.GetFileName(path)));
        }
    }

    OpenFile Open(string path, MemoryFile file) => new(path, file, this);

    sealed class Held(MemoryStorage storage, ulong inode) : IDisposable
    {
        public void Dispose()
        {
            lock (storage._lock) storage._held.Remove(inode);
        }
    }

    /// <summary>An open file of the storage.</summary>
    internal sealed class OpenFile(string path, MemoryFile file, MemoryStorage storage) : IStorageFile
    {
        public string Path => path;

        public Microsoft.Win32.SafeHandles.SafeFileHandle? Handle => null;

        public StorageEntry Stat()
        {
            lock (storage._lock) return Entry(file);
        }

        public void Read(long offset, Span<byte> buffer)
        {
            lock (storage._lock)
            {
                var end = offset + buffer.Length;
                if (end > file.Content.Length)
                    throw new EndOfStreamException($"cannot read '{path}': it ends before byte {end}");
                file.Content.AsSpan((int)offset, buffer.Length).CopyTo(buffer);
            }
        }

        public void Write(long offset, ReadOnlySpan<byte> buffer)
        {
            lock (storage._lock)
            {
                if (file.Content.Length < offset + buffer.Length) Resize(offset + buffer.Length);
                buffer.CopyTo(file.Content.AsSpan((int)offset));
                file.Version = ++storage._clock;
            }
        }

        public void Preallocate(long length) => Truncate(length);

        public void Truncate(long length)
        {
            lock (storage._lock) Resize(length);
        }

        public void Sync()
        {
            lock (storage._lock) file.Sync();
        }

        /// <summary>A sync that fails and leaves the cache believing that all is written.</summary>
        public void FailSync()
        {
            lock (storage._lock) file.FailSync();
        }

        public void Dispose()
        {
        }

        void Resize(long length)
        {
            var content = file.Content;
            Array.Resize(ref content, checked((int)length));
            file.Content = content;
            file.Version = ++storage._clock;
        }
    }
}

using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Core;

namespace FastMerge.Extraction;

/// <summary>A part of a file.</summary>
readonly record struct FileRoom(long Offset, long Length);

/// <summary>
/// The output folder of an extraction. Factors go to a file of their own as they are found, whose sizes are not known
/// before; then the weights' file is written under a temporary name and renamed, and the configuration comes last.
/// </summary>
sealed class FactorFile : IDisposable
{
    const string Parts = ".adapter_factors.partial";
    const string Whole = ".adapter_model.partial";
    const string Card = "README.md";
    const int BufferBytes = 4 << 20;

    static readonly string[] Own = [AdapterConfig.FileName, LoraAdapter.WeightsName, Card, Parts, Whole];

    readonly IStorage _storage;
    readonly string _folder;
    readonly bool _isNew;
    readonly IStorageFile _parts;
    readonly Lock _gate = new();
    readonly Dictionary<string, (long Offset, TensorSpec Spec)> _places = new(StringComparer.Ordinal);
    readonly List<FileRoom> _free = [];
    long _length;
    bool _isDone;

    /// <summary>Prepares the folder.</summary>
    /// <exception cref="FastMergeException">Usage: it holds other files, or an adapter that is not to be
    /// replaced.</exception>
    public FactorFile(string folder, bool overwrite, IStorage storage)
    {
        (_folder, _storage) = (folder, storage);
        var kind = storage.Stat(folder).Kind;
        if (kind is EntryKind.File or EntryKind.Other)
            throw new FastMergeException(
                FailureKind.Usage, $"output '{DisplayText.Escape(folder)}' is no folder; accepted: a new or empty one");
        var names = storage.List(folder);
        if (names.FirstOrDefault(n => !Own.Contains(n)) is { } foreign)
            throw new FastMergeException(FailureKind.Usage, $"output folder '{DisplayText.Escape(folder)}' holds "
                + $"'{DisplayText.Escape(foreign)}'; accepted: a new or empty one");
        if (names.Count > 0 && !overwrite)
            throw new FastMergeException(FailureKind.Usage,
                $"output folder '{DisplayText.Escape(folder)}' is not empty; --overwrite replaces the adapter in it");
        _isNew = kind == EntryKind.Absent;
        storage.CreateFolder(folder);
        foreach (var name in Own) storage.Delete(At(name));
        _parts = storage.OpenWrite(At(Parts));
    }

    /// <summary>Appends a factor.</summary>
    public void Append(TensorSpec spec, ReadOnlySpan<byte> data) => Write(Place(spec), data);

    /// <summary>Makes room for a factor that comes in parts; returns where it begins.</summary>
    public long Place(TensorSpec spec)
    {
        lock (_gate)
        {
            _places[spec.Name] = (_length, spec);
            _length += spec.ByteCount;
            return _length - spec.ByteCount;
        }
    }

    /// <summary>Room for what is no part of the adapter.</summary>
    public FileRoom Rent(long bytes)
    {
        lock (_gate)
        {
            var index = _free.FindIndex(r => r.Length >= bytes);
            if (index >= 0)
            {
                var room = _free[index];
                _free.RemoveAt(index);
                return room;
            }
            _length += bytes;
            return new(_length - bytes, bytes);
        }
    }

    /// <summary>Gives room back.</summary>
    public void Return(FileRoom room)
    {
        lock (_gate) _free.Add(room);
    }

    /// <summary>Writes into what was placed or rented.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data) => _parts.Write(offset, data);

    /// <summary>Reads what was written.</summary>
    public void Read(long offset, Span<byte> data) => _parts.Read(offset, data);

    /// <summary>Writes the adapter; returns the bytes of the weights' file.</summary>
    /// <param name="names">Names of factors in the adapter, where they are others than they were appended by.</param>
    /// <param name="saved">Tensors that are saved whole, by their names in the adapter.</param>
    /// <param name="checkpoint">Where they are.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="card">The model card.</param>
    public long Publish(
        IReadOnlyDictionary<string, string> names, IReadOnlyDictionary<string, InputTensor> saved,
        InputCheckpoint checkpoint, byte[] config, byte[] card)
    {
        var places = _places.ToDictionary(p => names.GetValueOrDefault(p.Key, p.Key), p => p.Value);
        var header = SafetensorsHeaderWriter.Write(
            [
                .. places.Select(p => p.Value.Spec with { Name = p.Key }),
                .. saved.Select(s => s.Value.Spec with { Name = s.Key }),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });
        using (var file = _storage.OpenWrite(At(Whole)))
        {
            file.Preallocate(header.FileLength);
            file.Write(0, header.Bytes);
            foreach (var (spec, begin, _) in header.Tensors)
                if (places.TryGetValue(spec.Name, out var place))
                    Copy(_parts, place.Offset, file, header.Bytes.Length + begin, spec.ByteCount);
                else
                    using (var source = checkpoint.OpenShard(saved[spec.Name].Shard))
                        Copy(source, saved[spec.Name].FileOffset, file, header.Bytes.Length + begin, spec.ByteCount);
            file.Sync();
        }
        _storage.Rename(At(Whole), At(LoraAdapter.WeightsName));
        WriteWhole(Card, card);
        _storage.SyncFolder(_folder);
        WriteWhole(AdapterConfig.FileName, config);
        _isDone = true;
        return header.FileLength;
    }

    /// <summary>Removes what is temporary; without a result, all that was written.</summary>
    public void Dispose()
    {
        _parts.Dispose();
        foreach (var name in _isDone ? [Parts] : Own) _storage.Delete(At(name));
        if (_isDone) _storage.SyncFolder(_folder);
        else if (_isNew) _storage.DeleteFolder(_folder);
    }

    string At(string name) => Path.Join(_folder, name);

    void WriteWhole(string name, byte[] content)
    {
        using (var file = _storage.OpenWrite(At(Whole)))
        {
            file.Write(0, content);
            file.Sync();
        }
        _storage.Rename(At(Whole), At(name));
    }

    static void Copy(IStorageFile from, long offset, IStorageFile to, long target, long length)
    {
        var buffer = new byte[Math.Min(BufferBytes, length)];
        for (long done = 0; done < length; done += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - done));
            from.Read(offset + done, part);
            to.Write(target + done, part);
        }
    }
}

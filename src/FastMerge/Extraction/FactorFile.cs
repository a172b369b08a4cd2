using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Core;

namespace FastMerge.Extraction;

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

    /// <summary>Bytes of the factors so far.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _length;
        }
    }

    /// <summary>Appends a factor.</summary>
    public void Append(TensorSpec spec, ReadOnlySpan<byte> data)
    {
        long offset;
        lock (_gate)
        {
            offset = _length;
            _length += data.Length;
            _places[spec.Name] = (offset, spec);
        }
        _parts.Write(offset, data);
    }

    /// <summary>Writes the adapter; returns the bytes of the weights' file.</summary>
    /// <param name="saved">Tensors that are saved whole, by their names in the adapter.</param>
    /// <param name="checkpoint">Where they are.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="card">The model card.</param>
    public long Publish(
        IReadOnlyDictionary<string, InputTensor> saved, InputCheckpoint checkpoint, byte[] config, byte[] card)
    {
        var header = SafetensorsHeaderWriter.Write(
            [.. _places.Values.Select(p => p.Spec), .. saved.Select(s => s.Value.Spec with { Name = s.Key })],
            new Dictionary<string, string> { ["format"] = "pt" });
        using (var file = _storage.OpenWrite(At(Whole)))
        {
            file.Preallocate(header.FileLength);
            file.Write(0, header.Bytes);
            foreach (var (spec, begin, _) in header.Tensors)
                if (_places.TryGetValue(spec.Name, out var place))
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

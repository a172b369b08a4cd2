using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Reads a checkpoint's index and headers and holds them against each other.</summary>
sealed class CheckpointReader(ModelLocation location, ResolvedModel model, IStorage storage)
{
    const int MaxListed = 5;

    readonly Dictionary<string, InputTensor> _tensors = new(StringComparer.Ordinal);
    readonly List<InputShard> _shards = [];
    readonly List<string> _warnings = [];

    /// <summary>Files beside the tensors that decide what they mean.</summary>
    public IReadOnlyList<InputSideFile> OtherFiles { get; init; } = [];

    public InputCheckpoint Read()
    {
        var files = model.FileName is { } single
            ? new WeightFiles(null, [single], null)
            : WeightFiles.Find(model.Folder, storage);
        if (files.Warning is not null) _warnings.Add(files.Warning);
        var index = files.Index;
        foreach (var name in index?.FileNames ?? files.Names) AddShard(name, index);
        if (index is not null) CheckIndex(index, files.IndexPath!);
        var hasSideFiles = model.FileName is null or WeightFiles.Single;
        var configPath = Path.Combine(model.Folder, "config.json");
        var config = hasSideFiles ? InputFile.ReadAll(storage, configPath, JsonText.MaxBytes) : null;
        return new InputCheckpoint(storage)
        {
            Location = location,
            Folder = model.Folder,
            Commit = model.Commit,
            HasSideFiles = hasSideFiles,
            Tensors = _tensors,
            Shards = _shards,
            ConfigText = config,
            Config = config is null ? null : JsonText.ParseObject(config, configPath),
            OtherFiles = OtherFiles,
            Warnings = _warnings,
        };
    }

    void AddShard(string name, ShardIndex? index)
    {
        var path = Path.Combine(model.Folder, name);
        using var file = InputFile.Open(storage, path);
        var identity = file.Stat();
        var header = SafetensorsHeader.Read(file, path);
        var shard = new InputShard
        {
            FileName = name,
            Path = path,
            Identity = identity,
            HubBlobName = HubCache.BlobName(path),
            Header = header,
        };
        _shards.Add(shard);
        _warnings.AddRange(header.Warnings);
        var unnamed = new List<string>();
        foreach (var (spec, begin, _) in header.Tensors)
        {
            AddTensor(new InputTensor(spec, shard, header.DataOffset + begin));
            if (index is null) continue;
            if (!index.WeightMap.TryGetValue(spec.Name, out var owner)) unnamed.Add(spec.Name);
            else if (owner != name) throw Lies(path, $"puts tensor {SafetensorsHeader.Quote(spec.Name)} in '{owner}'");
        }
        if (unnamed.Count > 0) throw Lies(path, $"does not name {Sample(unnamed)} of this file");
    }

    void AddTensor(InputTensor tensor)
    {
        if (_tensors.TryAdd(tensor.Spec.Name, tensor)) return;
        throw SafetensorsHeader.Bad(tensor.Shard.Path, $"tensor {SafetensorsHeader.Quote(tensor.Spec.Name)} is also in "
            + $"'{DisplayText.Escape(_tensors[tensor.Spec.Name].Shard.FileName)}'");
    }

    void CheckIndex(ShardIndex index, string path)
    {
        if (_tensors.Count < index.WeightMap.Count)
        {
            var missing = index.WeightMap.Keys.Where(name => !_tensors.ContainsKey(name)).ToList();
            throw SafetensorsHeader.Bad(path, $"it names {Sample(missing)} that the files do not hold");
        }
        var bytes = _shards.Sum(shard => shard.Header.DataBytes);
        if (index.TotalSize == bytes) return;
        _warnings.Add($"{DisplayText.Escape(path)}: metadata.total_size is "
            + (index.TotalSize is { } claimed ? $"{claimed}" : "missing or no integer")
            + $"; the tensors have {bytes} bytes");
    }

    static FastMergeException Lies(string path, string problem) =>
        SafetensorsHeader.Bad(path, "the index " + problem);

    static string Sample(List<string> names) => $"{names.Count} tensor(s) ("
        + string.Join(", ", names.Take(MaxListed).Select(SafetensorsHeader.Quote))
        + (names.Count > MaxListed ? ", ...)" : ")");
}

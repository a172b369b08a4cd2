using System.Text.Json.Nodes;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>An input model: every header read and validated, every tensor located.</summary>
sealed class InputCheckpoint
{
    readonly IStorage _storage;

    internal InputCheckpoint(IStorage storage) => _storage = storage;

    /// <summary>The model as the user wrote it.</summary>
    public required ModelLocation Location { get; init; }

    /// <summary>The folder that holds the files.</summary>
    public required string Folder { get; init; }

    /// <summary>The commit of a hub snapshot; null for other models.</summary>
    public required string? Commit { get; init; }

    /// <summary>Whether configuration and tokenizer files of the folder belong to the model.</summary>
    public required bool HasSideFiles { get; init; }

    /// <summary>All tensors by name.</summary>
    public required IReadOnlyDictionary<string, InputTensor> Tensors { get; init; }

    /// <summary>The files that hold tensors, in order of name.</summary>
    public required IReadOnlyList<InputShard> Shards { get; init; }

    /// <summary>The bytes of config.json, if there is one.</summary>
    public required byte[]? ConfigText { get; init; }

    /// <summary>config.json parsed, if there is one.</summary>
    public required JsonObject? Config { get; init; }

    /// <summary>The first of the configuration's architectures.</summary>
    public string? Architecture => Config?["architectures"] is JsonArray { Count: > 0 } list
        && list[0] is JsonValue value && value.TryGetValue<string>(out var name) ? name : null;

    /// <summary>The quantizer whose codes the tensors are; null for plain weights, which alone can be merged.</summary>
    public string? Quantizer => Quantization.Detect(Config, Tensors.Keys);

    /// <summary>Files beside the tensors that decide what they mean.</summary>
    public IReadOnlyList<InputSideFile> OtherFiles { get; init; } = [];

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Finds, reads and validates a model.</summary>
    public static InputCheckpoint Open(ModelLocation location, IStorage storage) =>
        Open(location, storage, HubCache.FromEnvironment());

    /// <summary>Finds, reads and validates a model, with hub ids looked up in the given cache.</summary>
    public static InputCheckpoint Open(ModelLocation location, IStorage storage, HubCache hub) => InputFile.Guard(
        () => new CheckpointReader(location, location.Resolve(storage, hub), storage).Read());

    /// <summary>Opens a shard to read its tensors; one replaced since its header was read is a failure.</summary>
    public IStorageFile OpenShard(InputShard shard) => InputFile.Guard(() =>
    {
        var file = _storage.OpenRead(shard.Path);
        if (file.Stat() == shard.Identity) return file;
        file.Dispose();
        throw Changed(shard);
    });

    /// <summary>Fails as <see cref="FailureKind.InputChanged"/> if the file is not what it was.</summary>
    public void CheckUnchanged(InputShard shard)
    {
        if (InputFile.Guard(() => _storage.Stat(shard.Path)) != shard.Identity) throw Changed(shard);
    }

    static FastMergeException Changed(InputShard shard) => new(FailureKind.InputChanged,
        $"{DisplayText.Escape(shard.Path)}: the file changed while it was read (size, time or inode differ)");
}

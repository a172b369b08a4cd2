using System.Security.Cryptography;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Adapters;

/// <summary>A PEFT LoRA adapter: a folder, or a hub id in the local cache, validated from its headers.</summary>
sealed class LoraAdapter
{
    /// <summary>The name of the weights' file.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    const string Pickle = "adapter_model.bin";

    /// <summary>Its files, as an input of the merge.</summary>
    public required InputCheckpoint Files { get; init; }

    /// <summary>What it says of itself.</summary>
    public required AdapterConfig Config { get; init; }

    /// <summary>Its tensors by what they are for.</summary>
    public required AdapterTensors Tensors { get; init; }

    /// <summary>The adapter as the recipe names it.</summary>
    public string Text => Files.Location.Text;

    /// <summary>Whether there is an adapter, and no model, at a place.</summary>
    public static bool IsAt(ModelLocation location, IStorage storage, HubCache hub) => InputFile.Guard(() =>
    {
        var place = location.Resolve(storage, hub);
        return place.FileName is null or WeightsName
            && storage.Stat(Path.Combine(place.Folder, AdapterConfig.FileName)).Kind == EntryKind.File
            && (place.FileName is not null || !HasModel(place.Folder, storage));
    });

    /// <summary>Finds, reads and validates an adapter.</summary>
    /// <exception cref="FastMergeException">Input: it is missing, malformed, in pickle, or no plain LoRA.</exception>
    public static LoraAdapter Open(ModelLocation location, IStorage storage, HubCache hub) =>
        InputFile.Guard(() => Read(location, location.Resolve(storage, hub), storage));

    static LoraAdapter Read(ModelLocation location, ResolvedModel place, IStorage storage)
    {
        var configPath = Path.Combine(place.Folder, AdapterConfig.FileName);
        var text = InputFile.ReadAll(storage, configPath, JsonText.MaxBytes)
            ?? throw SafetensorsHeader.Bad(place.Folder,
                $"it is no PEFT adapter: {AdapterConfig.FileName} is missing");
        var config = AdapterConfig.Parse(text, configPath);
        var name = place.FileName ?? WeightsName;
        if (storage.Stat(Path.Combine(place.Folder, name)).Kind == EntryKind.Absent) throw Missing(place, storage);
        var files = new CheckpointReader(location, place with { FileName = name }, storage)
        {
            OtherFiles = [new(AdapterConfig.FileName, text.Length, Convert.ToHexStringLower(SHA256.HashData(text)))],
        }.Read();
        return new()
        {
            Files = files,
            Config = config,
            Tensors = AdapterTensors.Of(
                files.Tensors.Values, config.HasMagnitudes, Path.Combine(place.Folder, name)),
        };
    }

    static FastMergeException Missing(ResolvedModel place, IStorage storage)
    {
        var pickle = storage.Stat(Path.Combine(place.Folder, Pickle)).Kind != EntryKind.Absent;
        return SafetensorsHeader.Bad(place.Folder, pickle
            ? $"it holds no {WeightsName} but '{Pickle}' (pickle weights); convert them first"
            : $"it is a PEFT adapter without {WeightsName}");
    }

    static bool HasModel(string folder, IStorage storage) => storage.List(folder).Any(
        n => n is WeightFiles.Single or ShardIndex.FileName);
}

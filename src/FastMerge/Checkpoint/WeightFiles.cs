using System.Globalization;
using System.Text.RegularExpressions;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Which files of a folder hold the model's weights.</summary>
sealed partial record WeightFiles(ShardIndex? Index, IReadOnlyList<string> Names, string? IndexPath)
{
    /// <summary>The name of an unsharded model's file.</summary>
    public const string Single = "model.safetensors";

    const string IndexSuffix = ".safetensors.index.json";

    static readonly string[] PickleSuffixes = [".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack"];

    /// <summary>Said when the choice is not the usual one.</summary>
    public string? Warning { get; private init; }

    /// <summary>Chooses by the rules of the ecosystem; what is ambiguous is a failure.</summary>
    public static WeightFiles Find(string folder, IStorage storage)
    {
        var names = storage.List(folder);
        var indexes = names.Where(name => name.EndsWith(IndexSuffix, StringComparison.Ordinal)).ToArray();
        var hasSingle = names.Contains(Single);
        if (indexes.Contains(ShardIndex.FileName)) return FromIndex(folder, ShardIndex.FileName, hasSingle, storage);
        if (hasSingle) return new WeightFiles(null, [Single], null);
        if (indexes.Length == 1) return FromIndex(folder, indexes[0], false, storage);
        if (indexes.Length > 1)
            throw SafetensorsHeader.Bad(folder, $"it has {indexes.Length} indexes and none is {ShardIndex.FileName}");
        return WithoutIndex(folder, names);
    }

    static WeightFiles FromIndex(string folder, string name, bool hasSingle, IStorage storage)
    {
        var path = Path.Combine(folder, name);
        var text = InputFile.ReadAll(storage, path, ShardIndex.MaxBytes)
            ?? throw SafetensorsHeader.Bad(path, "the index is a link to nothing");
        var index = ShardIndex.Parse(text, path);
        if (!hasSingle || index.FileNames.Contains(Single)) return new WeightFiles(index, [], path);
        throw SafetensorsHeader.Bad(folder, $"it holds both {Single} and {name}, which does not name it; "
            + "remove the one that is stale, or name the .safetensors file itself");
    }

    static WeightFiles WithoutIndex(string folder, IReadOnlyList<string> names)
    {
        if (names.Contains("adapter_config.json"))
            throw SafetensorsHeader.Bad(
                folder, "it is a PEFT adapter, not a full model; name it behind its base, as in 'base+adapter'");
        var weights = names.Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal)).ToArray();
        if (weights.Length == 0) throw SafetensorsHeader.Bad(folder, NoWeights(names));
        if (weights is [var part] && ShardName().IsMatch(part) && !IsWholeSet(weights))
            throw SafetensorsHeader.Bad(folder, $"it holds only {DisplayText.Escape(part)}, one part of a set, and no "
                + ShardIndex.FileName);
        if (weights.Length > 1 && !IsWholeSet(weights))
            throw SafetensorsHeader.Bad(folder,
                $"it holds {weights.Length} .safetensors files that make no whole set, and no {ShardIndex.FileName}");
        return new WeightFiles(null, weights, null)
        {
            Warning = $"{DisplayText.Escape(folder)}: no {Single} and no {ShardIndex.FileName}; "
                + (weights.Length == 1
                    ? $"the only file {DisplayText.Escape(weights[0])} is read"
                    : $"the {weights.Length} files of one set are read"),
        };
    }

    static string NoWeights(IReadOnlyList<string> names)
    {
        var pickle = names.FirstOrDefault(
            name => PickleSuffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)));
        if (pickle is not null)
            return $"it holds no safetensors but '{DisplayText.Escape(pickle)}' (pickle weights); convert them first";
        return names.Any(name => name.EndsWith(".gguf", StringComparison.Ordinal))
            ? "it holds only GGUF files; merge the original checkpoint"
            : $"it holds no weights; a checkpoint has {Single} or {ShardIndex.FileName}";
    }

    /// <summary>Whether the names are 1..n of one <c>stem-00001-of-0000n</c> set.</summary>
    static bool IsWholeSet(string[] names)
    {
        var matches = names.Select(name => ShardName().Match(name)).ToArray();
        return matches.All(match => match.Success)
            && matches.DistinctBy(match => (match.Groups["stem"].Value, match.Groups["count"].Value)).Count() == 1
            && int.Parse(matches[0].Groups["count"].Value, CultureInfo.InvariantCulture) == names.Length
            && matches.Select(match => int.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture))
                .Order().SequenceEqual(Enumerable.Range(1, names.Length));
    }

    [GeneratedRegex("^(?<stem>.+)-(?<number>[0-9]{1,8})-of-(?<count>[0-9]{1,8})\\.safetensors$")]
    private static partial Regex ShardName();
}

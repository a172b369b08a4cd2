using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>The configuration of a merged model: the donor's, where the output does not differ from it.</summary>
sealed class OutputConfig(SourceModel donor, IReadOnlyList<PlannedTensor> tensors)
{
    /// <summary>The key that says whether the head is the embedding.</summary>
    public const string Tied = "tie_word_embeddings";

    readonly List<string> _warnings = [];

    /// <summary>Rows of the vocabulary, where inputs have different numbers; else null.</summary>
    public required long? VocabularyRows { get; init; }

    /// <summary>Whether the output has a head that is not its embedding.</summary>
    public required bool HasUntiedHead { get; init; }

    /// <summary>By module, where each layer of a stack comes from.</summary>
    public required IReadOnlyList<(string Module, IReadOnlyList<(SourceModel Model, int Layer)> Layers)> Stacks
    {
        get;
        init;
    }

    /// <summary>What the configuration cannot say.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The text; null without one.</summary>
    public byte[]? ToBytes()
    {
        if (donor.ConfigText is not { } text) return null;
        var editor = new ConfigEditor(text, Path.Join(donor.SideFiles.Folder, "config.json"));
        if (DType() is { } dtype) editor.SetDType(dtype);
        if (VocabularyRows is { } rows) editor.SetVocabSize(rows);
        foreach (var (module, layers) in Stacks)
            _warnings.AddRange(ConfigLayers.Restack(
                editor, module, [.. layers.Select(l => (l.Model.Config, l.Layer))]));
        if (HasUntiedHead && donor.SaysTied)
        {
            editor.SetTied(false);
            _warnings.Add($"the output has a head of its own; {Tied} is set to false in its configuration");
        }
        return editor.ToBytes();
    }

    /// <summary>The floating-point dtype of most elements; null without any.</summary>
    DType? DType() => tensors.Where(t => t.Output.DType.IsFloat()).GroupBy(t => t.Output.DType)
        .OrderByDescending(g => g.Sum(t => t.Output.ElementCount)).Select(g => (DType?)g.Key).FirstOrDefault();
}

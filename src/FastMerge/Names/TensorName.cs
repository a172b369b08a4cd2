using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Names;

/// <summary>Where a tensor stands relative to the stack of layers.</summary>
enum TensorStage
{
    /// <summary>Before the first layer: embeddings.</summary>
    Before,

    /// <summary>In a layer.</summary>
    Layer,

    /// <summary>After the last layer: the final norm and the head.</summary>
    After,
}

/// <summary>What the name of a tensor says.</summary>
/// <param name="Text">The name.</param>
/// <param name="Module">The part of a model of several parts; empty for a model of one.</param>
/// <param name="Stage">Before, in or after the layers of its module.</param>
/// <param name="Layer">Number of its layer.</param>
/// <param name="Expert">Number of its expert; null for experts that are fused in one tensor.</param>
/// <param name="Role">What it does.</param>
/// <param name="HasVocabularyRows">Whether it has one row for each entry of the vocabulary.</param>
/// <param name="IsOptional">Whether a complete model may lack it.</param>
sealed record TensorName(
    string Text, string Module, TensorStage Stage, int? Layer, int? Expert, TensorRole Role, bool HasVocabularyRows,
    bool IsOptional)
{
    /// <summary>Where the digits of the layer number are in the name.</summary>
    public Range LayerDigits { get; init; }

    /// <summary>The same name with another layer number; the name itself if it has none.</summary>
    public string AtLayer(int layer) => Layer is null || layer == Layer
        ? Text
        : string.Concat(Text.AsSpan()[..LayerDigits.Start.Value], layer.ToString(CultureInfo.InvariantCulture),
            Text.AsSpan()[LayerDigits.End.Value..]);
}

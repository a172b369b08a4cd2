using System.Text.Json.Nodes;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;

namespace FastMerge.Extraction;

/// <summary>
/// What an adapter is extracted from: a checkpoint, or a merge that is computed where it is read, in binary32, and
/// never written.
/// </summary>
/// <param name="Text">Its name for messages and the card.</param>
/// <param name="Tensors">Its tensors.</param>
/// <param name="Config">Its configuration, if there is one.</param>
/// <param name="Checkpoints">The checkpoints that are read; the first has the tensors that are saved whole.</param>
/// <param name="Warnings">What is odd.</param>
sealed record ExtractionInput(
    string Text, IReadOnlyDictionary<string, TensorSource> Tensors, JsonObject? Config,
    IReadOnlyList<InputCheckpoint> Checkpoints, IReadOnlyList<string> Warnings)
{
    /// <summary>A checkpoint.</summary>
    /// <exception cref="FastMergeException">Plan: it holds codes.</exception>
    public static ExtractionInput Of(InputCheckpoint checkpoint)
    {
        if (checkpoint.Quantizer is { } quantizer)
            throw new FastMergeException(FailureKind.Plan, $"{DisplayText.Escape(checkpoint.Location.Text)}: its "
                + $"weights are codes of {DisplayText.Escape(quantizer)}; accepted: floating-point weights");
        return new(checkpoint.Location.Text,
            checkpoint.Tensors.ToDictionary(t => t.Key, t => (TensorSource)new StoredSource(t.Value)),
            checkpoint.Config, [checkpoint], checkpoint.Warnings);
    }

    /// <summary>What a recipe merges.</summary>
    /// <exception cref="FastMergeException">Plan: it takes values over the whole model.</exception>
    public static ExtractionInput Of(string name, PlannedMerge merge)
    {
        PlannedTensor[] tensors = [.. merge.Tensors.Select(t => t.Work is null ? t
            : t with { Output = t.Output with { DType = DType.F32 } })];
        MergeGroup.Fill([.. merge.Stages.SkipLast(1).SelectMany(s => s.Tensors), .. tensors]);
        if (ModelPhases.Of(tensors).Phases is [var phase, ..])
            throw new FastMergeException(FailureKind.Plan, $"{DisplayText.Escape(name)}: {phase.Group.Method} takes "
                + "values over the whole model; accepted here: methods that work tensor by tensor, or the merged "
                + "model");
        var config = merge.Config is { } text ? JsonText.ParseObject(text, $"configuration of {name}") : null;
        return new(name, tensors.ToDictionary(t => t.Output.Name, t => TensorState.Resolve(new StageSource(t))), config,
            merge.Checkpoints, merge.Warnings);
    }
}

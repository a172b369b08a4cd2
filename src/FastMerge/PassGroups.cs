using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge;

/// <summary>Sums up a plan by the passes that tensors go through.</summary>
static class PassGroups
{
    /// <summary>The groups, in the order in which they first occur.</summary>
    public static IReadOnlyList<PassGroup> Of(IReadOnlyList<PlannedTensor> tensors) =>
    [
        .. tensors.GroupBy(Passes).Select(g => new PassGroup(
            g.Key, g.Count(), g.Sum(InputBytes), g.Sum(t => t.Output.ByteCount), g.First().Output.Name)),
    ];

    /// <summary>As in <c>select, map</c>.</summary>
    public static string Passes(PlannedTensor tensor) => tensor.Work?.Passes.Text ?? "copy";

    /// <summary>The phases over the model.</summary>
    public static IReadOnlyList<PlannedPhase> Phases(IReadOnlyList<PlannedTensor> tensors) =>
    [
        .. ModelPhases.Of(tensors).Phases.Select(phase => (phase, pass: phase.PassOf(phase.Tensors[0]))).Select(p =>
            new PlannedPhase(
                p.phase.Group.Stage is "" ? null : p.phase.Group.Stage, p.phase.Group.Method,
                p.pass is SelectPass ? "select" : "reduce", p.phase.Tensors.Count, p.phase.ElementCount,
                Readings(p.pass), p.phase.Tensors.Sum(t => InputBytes(t, p.phase.PassOf(t))))),
    ];

    /// <summary>Bytes that phases over the model read of tensors that are not in the output.</summary>
    public static long HiddenBytes(IReadOnlyList<PlannedTensor> tensors)
    {
        var shown = tensors.ToHashSet<PlannedTensor>(ReferenceEqualityComparer.Instance);
        return ModelPhases.Of(tensors).Phases.Sum(phase => phase.Tensors.Where(t => !shown.Contains(t))
            .Sum(t => InputBytes(t, phase.PassOf(t))));
    }

    /// <summary>Bytes that all readings of a tensor read, with those that only stages below it need.</summary>
    static long InputBytes(PlannedTensor tensor) =>
        (tensor.Work?.Passes.Before.Sum(p => InputBytes(tensor, p)) ?? 0)
            + OnceBytes(tensor, tensor.Work?.Passes.OutputUse ?? InputUse.All)
            + MatrixLoads.Of(tensor).Sum(InputBytes) + tensor.Stages.Sum(StageBytes) + FactorBytes(tensor);

    /// <summary>Bytes of the factors of updates, here and below; they are read once.</summary>
    static long FactorBytes(PlannedTensor tensor) =>
        tensor.Updates.SelectMany(u => u.StoredInputs).Sum(t => t.Spec.ByteCount) + tensor.Stages.Sum(FactorBytes);

    static long StageBytes(PlannedTensor stage) =>
        (stage.Work?.Passes.Before.Where(p => p.Scope != Scope.Model).Sum(p => InputBytes(stage, p)) ?? 0)
            + MatrixLoads.Of(stage).Sum(InputBytes) + stage.Stages.Sum(StageBytes);

    /// <summary>Bytes that a pass before the last reads.</summary>
    static long InputBytes(PlannedTensor tensor, Pass pass) => Readings(pass) * OnceBytes(tensor, pass.Use);

    /// <summary>A selection reads its inputs twice; what matrices are made of is read by itself.</summary>
    static long Readings(Pass pass) => pass switch
    {
        SelectPass => 2,
        MatrixPass => 0,
        _ => 1,
    };

    /// <summary>Bytes of what is read once: a stored tensor that several inputs are, or are made of, counts
    /// once.</summary>
    static long OnceBytes(PlannedTensor tensor, InputUse use)
    {
        TensorSource[] read = [.. use.Base && tensor.Base is { } b ? [b] : Array.Empty<TensorSource>(),
            .. use.Models ? tensor.Models : []];
        var direct = read.Select(s => ((s as AdapterSource)?.Inner ?? s) as StoredSource).OfType<StoredSource>();
        return direct.Select(s => s.Tensor).Distinct()
            .Concat(read.Where(s => s.Stage is not null).SelectMany(s => s.StreamedInputs))
            .Sum(i => tensor.Output.ElementCount * i.Spec.DType.Bits() / 8);
    }
}

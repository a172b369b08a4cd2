using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>
/// A reading of all tensors of a group for values of the whole model. It comes before the tensors that use it.
/// </summary>
/// <param name="Group">The group.</param>
/// <param name="Number">Which of the passes over the model of each tensor it is.</param>
/// <param name="Tensors">The tensors that take part, in natural order of their names.</param>
sealed record ModelPhase(MergeGroup Group, int Number, IReadOnlyList<PlannedTensor> Tensors)
{
    /// <summary>The elements of all tensors.</summary>
    public long ElementCount { get; } = Tensors.Sum(t => t.Output.ElementCount);

    /// <summary>The pass of a tensor; each has its own, with values that correspond one by one.</summary>
    public Pass PassOf(PlannedTensor tensor) => tensor.Work!.Passes.OverModel.ElementAt(Number);
}

/// <summary>Finds the phases of a merge and all tensors that are computed on the way.</summary>
sealed class ModelPhases
{
    readonly HashSet<PlannedTensor> _seen = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<MergeGroup> _groups = [];
    readonly List<PlannedTensor> _all = [];
    readonly List<ModelPhase> _phases = [];

    ModelPhases()
    {
    }

    /// <summary>The phases, each after those it depends on.</summary>
    public IReadOnlyList<ModelPhase> Phases => _phases;

    /// <summary>The tensors of the output, of stages below them and of phases, each once.</summary>
    public IReadOnlyList<PlannedTensor> AllTensors => _all;

    /// <summary>The phases of a merge with these outputs.</summary>
    /// <exception cref="FastMergeException">Plan: tensors of a group do not take the same values of the
    /// model.</exception>
    public static ModelPhases Of(IEnumerable<PlannedTensor> outputs)
    {
        var found = new ModelPhases();
        foreach (var tensor in outputs) found.Visit(tensor);
        return found;
    }

    void Visit(PlannedTensor tensor)
    {
        if (!_seen.Add(tensor)) return;
        foreach (var stage in tensor.Stages)
        {
            CheckWhole(stage, tensor);
            Visit(stage);
        }
        if (tensor.Work is { } work && work.Passes.OverModel.Any()) Visit(work.Group);
        foreach (var load in MatrixLoads.Of(tensor))
        {
            if (load.Work!.Passes.OverModel.Any())
                throw new FastMergeException(FailureKind.Plan,
                    $"tensor {DisplayText.Escape(tensor.Output.Name)}: {load.Work.Group.Method} works on what takes "
                    + "values over the whole model; accepted within it: values over the tensor");
            Visit(load);
        }
        _all.Add(tensor);
    }

    void Visit(MergeGroup group)
    {
        if (!_groups.Add(group)) return;
        PlannedTensor[] tensors = [.. group.Tensors.Where(t => t.Work!.Passes.OverModel.Any())];
        foreach (var tensor in tensors) Visit(tensor);
        foreach (var tensor in tensors) CheckAlike(tensors[0], tensor);
        for (var number = 0; number < tensors[0].Work!.Passes.OverModel.Count(); number++)
            _phases.Add(new(group, number, tensors));
    }

    /// <summary>Of a matrix rows may be cut off; a vector is one row, whose ranks need all of it.</summary>
    static void CheckWhole(PlannedTensor stage, PlannedTensor reader)
    {
        if (stage.Work is not { Passes.Ranked.Count: > 0 } work || stage.RowLength <= reader.RowLength) return;
        throw new FastMergeException(FailureKind.Plan,
            $"tensor {DisplayText.Escape(reader.Output.Name)} reads {reader.RowLength} of {stage.RowLength} elements "
            + $"that {work.Group.Method} merges, which ranks all of them; accepted: models with equal vocabularies");
    }

    /// <summary>Two tensors of a group may differ in how values are found, not in how many there are.</summary>
    static void CheckAlike(PlannedTensor first, PlannedTensor other)
    {
        if (!Widths(first).SequenceEqual(Widths(other)))
            throw Unlike(first, other, "have different models or switches");
        foreach (var (a, b) in Counts(first).Zip(Counts(other)))
            foreach (var (p, q) in ParametersOf(a).Zip(ParametersOf(b)))
                if (!first.Work!.Values[p].SequenceEqual(other.Work!.Values[q]))
                    throw Unlike(first, other, $"have different values of '{p.Name}'");
    }

    static IEnumerable<(bool IsSelect, int Width)> Widths(PlannedTensor tensor) =>
        tensor.Work!.Passes.OverModel.SelectMany(pass => pass is SelectPass cuts
            ? cuts.Cuts.Select(c => (true, c.Source.PerModel ? tensor.Models.Length : 1))
            : ((ReducePass)pass).Reductions.Select(r => (false, r.Width(tensor.Models.Length))));

    static IEnumerable<Scalar> Counts(PlannedTensor tensor) =>
        tensor.Work!.Passes.OverModel.OfType<SelectPass>().SelectMany(p => p.Cuts).Select(c => c.Keep);

    static IEnumerable<Parameter> ParametersOf(Scalar scalar) =>
        scalar.Parameter is { } own ? [own] : scalar.Operands.SelectMany(ParametersOf);

    static FastMergeException Unlike(PlannedTensor first, PlannedTensor other, string how) => new(FailureKind.Plan,
        $"tensors {DisplayText.Escape(first.Output.Name)} and {DisplayText.Escape(other.Output.Name)} {how}, and "
        + $"{first.Work!.Group.Method} takes values over the whole model; accepted: the same for all its tensors");
}

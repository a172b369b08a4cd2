using FastMerge.Backends;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>
/// Takes the values of one phase over all its tensors: sums tensor by tensor, then pairwise in the order of names;
/// cuts over the elements of all tensors as if they were one.
/// </summary>
sealed class PhaseReading(ModelPhase phase, TensorSweeps sweeps, Func<PlannedTensor, TensorState> states)
{
    /// <summary>What was found, once all tasks are done.</summary>
    public ulong[] Values { get; private set; } = [];

    /// <summary>The tensors to read; at a null those before must be done.</summary>
    public IEnumerable<TensorTask?> Tasks() =>
        phase.PassOf(phase.Tensors[0]) is SelectPass ? Select() : Reduce();

    IEnumerable<TensorTask?> Reduce()
    {
        var sums = new double[phase.Tensors.Count][];
        bool[] maxima = [];
        for (var i = 0; i < sums.Length; i++)
        {
            var (index, tensor) = (i, phase.Tensors[i]);
            yield return new(null, tensor, task => WithoutMatrices(tensor, Reduce(
                task, tensor, (found, kinds) => (sums[index], maxima) = (found, kinds))));
        }
        yield return null;
        Values = ModelValues.Encode(PairwiseSum.Of(sums.SelectMany(s => s).ToArray(), maxima));
    }

    IEnumerable<Sweep> Reduce(TensorTask task, PlannedTensor tensor, Action<double[], bool[]> found)
    {
        var (state, pass) = (states(tensor), phase.PassOf(tensor));
        foreach (var sweep in sweeps.Prepare(state, task.Name, pass)) yield return sweep;
        var own = sweeps.Reduce(state, task.Name, (ReducePass)pass);
        yield return own;
        found(PairwiseSum.Of(own.Partials, own.Maxima), own.Maxima);
    }

    IEnumerable<TensorTask?> Select()
    {
        // How many elements are kept depends on values of the model alone, which the passes before this one give.
        var first = states(phase.Tensors[0]);
        yield return new(null, phase.Tensors[0], task => WithoutMatrices(
            phase.Tensors[0], sweeps.Prepare(first, task.Name, phase.PassOf(first.Tensor))));
        yield return null;
        using var selection = sweeps.BeginSelect(
            first, (SelectPass)phase.PassOf(first.Tensor), phase.ElementCount,
            $"all {phase.Tensors.Count} tensors", out var cuts);
        if (selection is not null)
        {
            foreach (var task in Select(selection, new(0, phase.ElementCount, false))) yield return task;
            while (selection.Next() is { } next)
                foreach (var task in Select(selection, next))
                    yield return task;
            cuts = selection.Cuts();
        }
        Values = ModelValues.Encode(cuts);
    }

    /// <summary>
    /// One reading of a selection: of each tensor the part that is asked for. Where the order is free the tensors in
    /// the middle come first: what the selection sees first tells it where to look, and embeddings are special.
    /// </summary>
    IEnumerable<TensorTask?> Select(Selection selection, SelectionPass asked)
    {
        var placed = new List<(PlannedTensor Tensor, long Start)>();
        long before = 0;
        foreach (var tensor in phase.Tensors)
        {
            placed.Add((tensor, before));
            before += tensor.Output.ElementCount;
        }
        if (!asked.Ordered)
            placed = [.. placed.SkipWhile(t => t.Start < before / 2), .. placed.TakeWhile(t => t.Start < before / 2)];
        foreach (var (tensor, start) in placed)
        {
            var count = tensor.Output.ElementCount;
            var first = Math.Clamp(asked.First - start, 0, count);
            var range = new ElementRange(first, Math.Clamp(asked.First + asked.Count - start, 0, count) - first);
            if (range.Count <= 0) continue;
            yield return new(null, tensor, task => WithoutMatrices(
                tensor, Select(task, tensor, selection, range, asked.Ordered, start)));
            if (asked.Ordered) yield return null;
        }
        yield return null;
    }

    IEnumerable<Sweep> Select(
        TensorTask task, PlannedTensor tensor, Selection selection, ElementRange range, bool ordered, long before)
    {
        var (state, pass) = (states(tensor), (SelectPass)phase.PassOf(tensor));
        foreach (var sweep in sweeps.Prepare(state, task.Name, pass)) yield return sweep;
        yield return sweeps.Select(state, task.Name, pass, selection, range, ordered, before);
    }

    /// <summary>Readings of a tensor that keep none of its matrices.</summary>
    IEnumerable<Sweep> WithoutMatrices(PlannedTensor tensor, IEnumerable<Sweep> readings)
    {
        try
        {
            foreach (var sweep in readings) yield return sweep;
        }
        finally
        {
            states(tensor).ForgetMatrices();
        }
    }
}

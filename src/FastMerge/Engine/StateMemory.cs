using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>Bytes that the passes before the last need for what they find.</summary>
static class StateMemory
{
    /// <summary>The most that one tensor and the stages below it need.</summary>
    public static long LargestOfTensor(IReadOnlyList<PlannedTensor> tensors, int threads)
    {
        // Inputs come before what is computed from them.
        var known = new Dictionary<PlannedTensor, long>(ReferenceEqualityComparer.Instance);
        var own = new Dictionary<(TensorPasses, int, long, long, long), long>();
        foreach (var tensor in tensors)
            known[tensor] = Own(tensor) + FactorBytes(tensor) + MatrixLoads.Of(tensor).Sum(l => Own(l) + FactorBytes(l))
                + tensor.Stages.Sum(s => known[s]);
        return known.Values.DefaultIfEmpty(0).Max();

        long Own(PlannedTensor tensor)
        {
            if (tensor.Work is not { } work) return 0;
            var key = (work.Passes, tensor.Models.Length, tensor.Output.ElementCount, tensor.RowLength,
                tensor.ColumnCount);
            if (!own.TryGetValue(key, out var bytes))
                own[key] = bytes = work.Passes.Before.Sum(p => OfPass(p, tensor, tensor.Output.ElementCount, threads));
            return bytes;
        }
    }

    /// <summary>What the factors of a tensor's updates need.</summary>
    static long FactorBytes(PlannedTensor tensor) => tensor.Updates.Sum(u => u.FactorBytes);

    /// <summary>What phases need: the largest selection, and what is kept of every tensor meanwhile.</summary>
    public static long OfPhases(IReadOnlyList<ModelPhase> phases, int threads)
    {
        if (phases.Count == 0) return 0;
        var selection = phases.Max(p => p.PassOf(p.Tensors[0]) is SelectPass select
            ? OfSelection(select, p.Tensors[0].Models.Length, p.ElementCount, threads) : 0);
        return selection + phases.SelectMany(p => p.Tensors).Distinct<PlannedTensor>(ReferenceEqualityComparer.Instance)
            .Sum(Kept);
    }

    /// <summary>What stays of a tensor between its passes, with the stages below it.</summary>
    static long Kept(PlannedTensor tensor)
    {
        const int Objects = 2048;
        var own = tensor.Work?.Passes.Before.OfType<ReducePass>().Sum(p => ResultBytes(p, tensor)) ?? 0;
        return Objects + own + tensor.Stages.Sum(Kept);
    }

    static long OfPass(Pass pass, PlannedTensor tensor, long elements, int threads)
    {
        if (pass is MatrixPass) return 0;
        if (pass is SelectPass select)
            return pass.Scope == Scope.Model ? 0 : OfSelection(select, tensor.Models.Length, elements, threads);
        var chunks = elements * 8 / MemoryPlan.SmallestChunk + 1;
        return ResultBytes((ReducePass)pass, tensor) + chunks * Width((ReducePass)pass, tensor) * sizeof(double);
    }

    static long OfSelection(SelectPass select, int models, long elements, int threads)
    {
        var entries = select.Sources.Count * Math.Max(1, models);
        return Selection.Bytes(entries, select.Cuts.Count * Math.Max(1, models), elements, threads);
    }

    static long ResultBytes(ReducePass pass, PlannedTensor tensor)
    {
        if (pass.Scope == Scope.Column)
            return tensor.ColumnCount * (Width(pass, tensor) * sizeof(double) + ColumnArrays(tensor) * sizeof(float));
        var rows = pass.Scope == Scope.Row ? 2 * (tensor.Output.ElementCount / Math.Max(1, tensor.RowLength)) : 1;
        return rows * Width(pass, tensor) * sizeof(double);
    }

    /// <summary>The values by column as arrays: of the pass before, of this one, and while they are made.</summary>
    static long ColumnArrays(PlannedTensor tensor)
    {
        var passes = tensor.Work!.Passes;
        return 3L * (passes.ColumnValues + passes.ModelColumnValues * tensor.Models.Length);
    }

    static long Width(ReducePass pass, PlannedTensor tensor) =>
        pass.Reductions.Sum(r => (long)r.Width(tensor.Models.Length));
}

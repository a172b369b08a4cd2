using FastMerge.Backends;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>What the phases over the whole model have found, as numbers whose bits can be journalled.</summary>
sealed class ModelValues
{
    readonly Dictionary<(MergeGroup Group, int Number), ulong[]> _found = [];
    readonly Dictionary<PlannedTensor, long> _before = new(ReferenceEqualityComparer.Instance);

    /// <summary>Notes what a phase has found.</summary>
    public void Set(ModelPhase phase, ulong[] values)
    {
        _found[(phase.Group, phase.Number)] = values;
        long before = 0;
        foreach (var tensor in phase.Tensors)
        {
            _before[tensor] = before;
            before += tensor.Output.ElementCount;
        }
    }

    /// <summary>The bits of sums.</summary>
    public static ulong[] Encode(double[] sums) => [.. sums.Select(BitConverter.DoubleToUInt64Bits)];

    /// <summary>The bits of cuts.</summary>
    public static ulong[] Encode(ElementCut[] cuts) => [.. cuts.SelectMany(c => new[] { c.Threshold, (ulong)c.Index })];

    /// <summary>Gives a tensor the values of one of its passes over the model.</summary>
    public void Give(TensorState state, Pass pass)
    {
        var work = state.Tensor.Work!;
        var number = work.Passes.OverModel.TakeWhile(p => p != pass).Count();
        var values = _found[(work.Group, number)];
        if (pass is SelectPass select)
        {
            ElementCut[] cuts = [.. values.Chunk(2).Select(c => new ElementCut((uint)c[0], (long)c[1]))];
            state.Values!.SetCuts(select, cuts, _before[state.Tensor]);
        }
        else state.Values!.SetReductions((ReducePass)pass, [.. values.Select(BitConverter.UInt64BitsToDouble)]);
    }
}

using FastMerge.Core;
using FastMerge.Plan;

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

    /// <summary>Bytes that all readings of a tensor read; a selection reads its inputs twice.</summary>
    static long InputBytes(PlannedTensor tensor)
    {
        var once = tensor.Inputs.Sum(i => tensor.Output.ElementCount * i.Spec.DType.Bits() / 8);
        return once * (tensor.Work?.Passes.Before.Sum(p => p is SelectPass ? 2 : 1) + 1 ?? 1);
    }
}

using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Which inputs a reading of a tensor needs.</summary>
readonly record struct InputUse(bool Base, bool Models)
{
    /// <summary>All of them.</summary>
    public static InputUse All => new(true, true);

    /// <summary>What expressions read. Where rows are ranked that is all.</summary>
    public static InputUse Of(IEnumerable<Tensor> expressions)
    {
        var seen = new HashSet<Tensor>();
        foreach (var expression in expressions) Collect(expression, seen);
        return seen.Any(t => t.Kind == OpKind.RowRank) ? All
            : new(seen.Any(t => t.Kind == OpKind.Base), seen.Any(t => t.Kind == OpKind.Models));
    }

    static void Collect(Tensor tensor, HashSet<Tensor> seen)
    {
        if (!seen.Add(tensor)) return;
        foreach (var operand in tensor.Operands) Collect(operand, seen);
    }
}

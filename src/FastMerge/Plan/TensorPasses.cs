using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>One reading of a tensor's inputs.</summary>
abstract record Pass;

/// <summary>Adds up reductions of one scope.</summary>
sealed record ReducePass(Scope Scope, IReadOnlyList<Reduction> Reductions) : Pass;

/// <summary>Finds cuts; two readings and a part of a third.</summary>
sealed record SelectPass(IReadOnlyList<Cut> Cuts) : Pass
{
    /// <summary>The tensors whose magnitudes are ranked, without repetition.</summary>
    public IReadOnlyList<Tensor> Sources { get; } = [.. Cuts.Select(c => c.Source).Distinct()];
}

/// <summary>
/// The passes of a merged tensor: what has to be known before, in order, then the expression that is
/// stored. Shared by all tensors that a method treats alike.
/// </summary>
sealed class TensorPasses
{
    TensorPasses(Tensor output, IReadOnlyList<Pass> before) => (Output, Before) = (output, before);

    /// <summary>Reduce and Select passes, in order.</summary>
    public IReadOnlyList<Pass> Before { get; }

    /// <summary>The expression of the Map pass.</summary>
    public Tensor Output { get; }

    /// <summary>Whether the output is one model's tensor as it is.</summary>
    public bool IsIdentity(int modelCount) =>
        modelCount == 1 && Output is { Kind: OpKind.SumModels } sum && sum.Operands[0].Kind == OpKind.Models;

    /// <summary>Whether any side value of the output differs from row to row.</summary>
    public bool HasRows => Before.Any(p => p is ReducePass { Scope: Scope.Row });

    /// <summary>A short description, as in <c>select, reduce, map</c>.</summary>
    public string Text => string.Join(", ", Before.Select(p => p switch
    {
        SelectPass => "select",
        ReducePass { Scope: Scope.Row } => "reduce by row",
        _ => "reduce",
    }).Append("map"));

    /// <summary>Cuts an expression into passes.</summary>
    public static TensorPasses Cut(Tensor output)
    {
        var found = new Finder();
        found.Visit(output);
        var passes = new List<Pass>();
        for (var level = 0; level < output.Level; level++)
        {
            var cuts = found.Cuts.Where(c => c.Level - 1 == level).ToArray();
            if (cuts.Length > 0) passes.Add(new SelectPass(cuts));
            var ready = found.Reductions.Where(r => r.Level == level);
            foreach (var scope in ready.GroupBy(r => r.Scope).OrderBy(g => g.Key))
                passes.Add(new ReducePass(scope.Key, [.. scope]));
        }
        return new(output, passes);
    }

    /// <summary>Collects the cuts and reductions an expression depends on, each once, operands first.</summary>
    sealed class Finder
    {
        readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

        public List<Cut> Cuts { get; } = [];

        public List<Reduction> Reductions { get; } = [];

        public void Visit(Tensor tensor)
        {
            if (!_seen.Add(tensor)) return;
            foreach (var operand in tensor.Operands) Visit(operand);
            foreach (var scalar in tensor.Scalars) Visit(scalar);
            foreach (var cut in tensor.Cuts) Visit(cut);
        }

        void Visit(Scalar scalar)
        {
            if (!_seen.Add(scalar)) return;
            foreach (var operand in scalar.Operands) Visit(operand);
            if (scalar.Reduction is not { } reduction || !_seen.Add(reduction)) return;
            Visit(reduction.First);
            if (reduction.Second is not null) Visit(reduction.Second);
            Reductions.Add(reduction);
        }

        void Visit(Cut cut)
        {
            if (!_seen.Add(cut)) return;
            Visit(cut.Source);
            Visit(cut.Keep);
            Cuts.Add(cut);
        }
    }
}

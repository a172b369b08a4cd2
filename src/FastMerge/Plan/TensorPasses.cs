using FastMerge.Core;
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
    const long LongestRankedRow = 1 << 24;

    TensorPasses(Tensor output, IReadOnlyList<Pass> before, Finder found)
    {
        (Output, Before, Ranked) = (output, before, found.Ranked);
        ColumnValues = found.Columns.Count(c => !c.PerModel);
        ModelColumnValues = found.Columns.Count(c => c.PerModel);
    }

    /// <summary>Reduce and Select passes, in order.</summary>
    public IReadOnlyList<Pass> Before { get; }

    /// <summary>The expression of the Map pass.</summary>
    public Tensor Output { get; }

    /// <summary>Every <see cref="OpKind.RowRank"/>, those that another's operand needs first.</summary>
    public IReadOnlyList<Tensor> Ranked { get; }

    /// <summary>Side values by column that elements are combined with.</summary>
    public int ColumnValues { get; }

    /// <summary>The same of each model.</summary>
    public int ModelColumnValues { get; }

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
        ReducePass { Scope: Scope.Column } => "reduce by column",
        _ => "reduce",
    }).Append(Ranked.Count > 0 ? "map by rows" : "map"));

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
        return new(output, passes, found);
    }

    /// <summary>Fails if ranks in the rows of a tensor would not be exact numbers.</summary>
    /// <exception cref="FastMergeException">Plan: a row is too long.</exception>
    public void CheckRows(PlannedTensor tensor)
    {
        if (Ranked.Count > 0 && tensor.RowLength > LongestRankedRow)
            throw new FastMergeException(FailureKind.Plan,
                $"tensor {DisplayText.Escape(tensor.Output.Name)} has rows of {tensor.RowLength} elements; this method "
                + $"ranks elements in their rows, accepted are rows of at most {LongestRankedRow}");
    }

    /// <summary>Collects the cuts and reductions an expression depends on, each once, operands first.</summary>
    sealed class Finder
    {
        readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

        public List<Cut> Cuts { get; } = [];

        public List<Reduction> Reductions { get; } = [];

        public List<Tensor> Ranked { get; } = [];

        public HashSet<Scalar> Columns { get; } = [];

        public void Visit(Tensor tensor)
        {
            if (!_seen.Add(tensor)) return;
            foreach (var operand in tensor.Operands) Visit(operand);
            foreach (var scalar in tensor.Scalars) Visit(scalar);
            Columns.UnionWith(tensor.Scalars.Where(s => s.Columns));
            foreach (var cut in tensor.Cuts) Visit(cut);
            if (tensor.Kind == OpKind.RowRank) Ranked.Add(tensor);
        }

        void Visit(Scalar scalar)
        {
            if (!_seen.Add(scalar)) return;
            foreach (var operand in scalar.Operands) Visit(operand);
            if (scalar.Cut is { } cut) Visit(cut);
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

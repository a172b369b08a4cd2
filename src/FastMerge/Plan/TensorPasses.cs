using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>One reading of a tensor's inputs, or of all tensors' where the scope is the model.</summary>
abstract record Pass(Scope Scope)
{
    /// <summary>The inputs that it reads.</summary>
    public virtual InputUse Use => default;
}

/// <summary>Adds up reductions of one scope.</summary>
sealed record ReducePass(Scope Scope, IReadOnlyList<Reduction> Reductions) : Pass(Scope)
{
    /// <inheritdoc/>
    public override InputUse Use { get; } =
        InputUse.Of(Reductions.SelectMany(r => new[] { r.First, r.Second }).OfType<Tensor>());
}

/// <summary>Finds cuts; two readings and a part of a third.</summary>
sealed record SelectPass(Scope Scope, IReadOnlyList<Cut> Cuts) : Pass(Scope)
{
    /// <summary>The tensors whose magnitudes are ranked, without repetition.</summary>
    public IReadOnlyList<Tensor> Sources { get; } = [.. Cuts.Select(c => c.Source).Distinct()];

    /// <inheritdoc/>
    public override InputUse Use { get; } = InputUse.Of(Cuts.Select(c => c.Source));
}

/// <summary>Computes matrices as a whole, each of the tensor's by itself.</summary>
/// <param name="Program">What is computed.</param>
sealed record MatrixPass(MatrixProgram Program) : Pass(Scope.Tensor);

/// <summary>
/// The passes of a merged tensor: what has to be known before, in order, then the expression that is
/// stored. Shared by all tensors that a method treats alike.
/// </summary>
sealed class TensorPasses
{
    const long LongestRankedRow = 1 << 24;

    TensorPasses(Tensor output, IReadOnlyList<Pass> before, PassSchedule schedule)
    {
        (Output, OutputUse, Before, Ranked) = (output, InputUse.Of([output]), before, schedule.Ranked);
        ColumnValues = schedule.Columns.Count(c => !c.PerModel);
        ModelColumnValues = schedule.Columns.Count(c => c.PerModel);
    }

    /// <summary>Reduce and Select passes, in order.</summary>
    public IReadOnlyList<Pass> Before { get; }

    /// <summary>The expression of the Map pass.</summary>
    public Tensor Output { get; }

    /// <summary>The inputs that the Map pass reads.</summary>
    public InputUse OutputUse { get; }

    /// <summary>Every <see cref="OpKind.RowRank"/>, those that another's operand needs first.</summary>
    public IReadOnlyList<Tensor> Ranked { get; }

    /// <summary>Side values by column that elements are combined with.</summary>
    public int ColumnValues { get; }

    /// <summary>The same of each model.</summary>
    public int ModelColumnValues { get; }

    /// <summary>Whether the output is one model's tensor as it is.</summary>
    public bool IsIdentity(int modelCount) =>
        modelCount == 1 && Output is { Kind: OpKind.SumModels } sum && sum.Operands[0].Kind == OpKind.Models;

    /// <summary>The matrices that are computed first; null if none are.</summary>
    public MatrixProgram? Matrices => (Before.FirstOrDefault() as MatrixPass)?.Program;

    /// <summary>Whether any side value of the output differs from row to row.</summary>
    public bool HasRows => Before.Any(p => p is ReducePass { Scope: Scope.Row });

    /// <summary>The passes that go over the whole model.</summary>
    public IEnumerable<Pass> OverModel => Before.Where(p => p.Scope == Scope.Model);

    /// <summary>A short description, as in <c>select, reduce, map</c>.</summary>
    public string Text => string.Join(", ", Before.Select(p => Word(p) + p.Scope switch
    {
        Scope.Row => " by row",
        Scope.Column => " by column",
        Scope.Model => " over the model",
        _ => "",
    }).Append(Ranked.Count > 0 ? "map by rows" : "map"));

    static string Word(Pass pass) => pass switch
    {
        SelectPass => "select",
        MatrixPass { Program: var program } => program.Factors.Any() ? "matrix of factors" : "matrix",
        _ => "reduce",
    };

    /// <summary>Cuts an expression into passes. Of one place in the order, those over the model come first.</summary>
    public static TensorPasses Cut(Tensor output)
    {
        var schedule = PassSchedule.Of(output);
        var passes = new List<Pass>();
        for (var place = 0; place < output.Level; place++)
        {
            foreach (var scope in schedule.CutsAt(place).GroupBy(c => c.Scope).OrderByDescending(g => g.Key))
                passes.Add(new SelectPass(scope.Key, [.. scope]));
            foreach (var scope in schedule.ReductionsAt(place).GroupBy(r => r.Scope).OrderBy(Order))
                passes.Add(new ReducePass(scope.Key, [.. scope]));
        }
        if (schedule.Matrices.Count > 0) passes.Insert(0, new MatrixPass(new(schedule.Matrices)));
        return new(output, passes, schedule);
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

    static int Order(IGrouping<Scope, Reduction> scope) => scope.Key == Scope.Model ? -1 : (int)scope.Key;
}

using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>One reading of a tensor's inputs, or of all tensors' where the scope is the model.</summary>
abstract record Pass(Scope Scope);

/// <summary>Adds up reductions of one scope.</summary>
sealed record ReducePass(Scope Scope, IReadOnlyList<Reduction> Reductions) : Pass(Scope);

/// <summary>Finds cuts; two readings and a part of a third.</summary>
sealed record SelectPass(Scope Scope, IReadOnlyList<Cut> Cuts) : Pass(Scope)
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

    /// <summary>The passes that go over the whole model.</summary>
    public IEnumerable<Pass> OverModel => Before.Where(p => p.Scope == Scope.Model);

    /// <summary>A short description, as in <c>select, reduce, map</c>.</summary>
    public string Text => string.Join(", ", Before.Select(p => (p is SelectPass ? "select" : "reduce") + p.Scope switch
    {
        Scope.Row => " by row",
        Scope.Model => " over the model",
        _ => "",
    }).Append("map"));

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
        return new(output, passes);
    }

    static int Order(IGrouping<Scope, Reduction> scope) => scope.Key == Scope.Model ? -1 : (int)scope.Key;
}

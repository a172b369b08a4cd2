using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Bench;

/// <summary>A pass of a method with default switches; a Map pass has no <paramref name="Before"/>.</summary>
sealed record BenchPass(string Method, int Models, Pass? Before, ElementProgram Program)
{
    /// <summary>What its speed depends on.</summary>
    public (ulong, int) Key => (Program.Hash(), Models);

    /// <summary>The kind, as a plan names it.</summary>
    public string Kind => Before switch { SelectPass => "select", ReducePass => "reduce", _ => "map" };
}

/// <summary>How fast the passes of the methods run over tensors in memory.</summary>
static class KernelBench
{
    /// <summary>The passes of all methods; <see cref="BenchPass.Key"/> tells those that methods share.</summary>
    public static IReadOnlyList<BenchPass> Passes()
    {
        var passes = new List<BenchPass>();
        foreach (var method in MethodCatalog.All)
        {
            var models = Math.Clamp(BenchData.Models, method.Signature.MinModels, method.Signature.MaxModels);
            var cut = TensorPasses.Cut(method.Merge(
                new MergeInputs(new(models, true, false), MethodSwitches.Defaults(method.Signature))));
            var name = method.Signature.Name;
            foreach (var pass in cut.Before) passes.Add(new(name, models, pass, Program(pass)));
            passes.Add(new(name, models, null, ProgramWriter.Map(cut.Output, null)));
        }
        return passes;
    }

    /// <summary>Bytes read and written by second.</summary>
    public static double Measure(
        BenchPass pass, BenchData data, int threads, bool interpret, TimeSpan budget, CancellationToken cancellation)
    {
        using var run = new KernelRun(pass, data, threads, interpret);
        var time = Team.Best(budget, cancellation, run.Run);
        return run.Bytes / time.TotalSeconds;
    }

    static ElementProgram Program(Pass pass) => pass switch
    {
        SelectPass select => ProgramWriter.Histogram(select.Sources, null),
        ReducePass reduce => ProgramWriter.Reduce(reduce.Reductions, null),
        _ => throw new InvalidOperationException(pass.GetType().Name),
    };
}

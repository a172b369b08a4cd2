using BenchmarkDotNet.Attributes;
using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Benchmarks;

/// <summary>What each tensor, or each row of one, costs in managed code besides its bytes.</summary>
public class SideValueBenchmarks
{
    readonly TensorPasses _passes;
    readonly ParameterValues _values;
    readonly Reduction _gram;

    public SideValueBenchmarks()
    {
        var method = MethodCatalog.Find("model_stock")!;
        _passes = TensorPasses.Cut(method.Merge(new MergeInputs(new(3, true, false), MethodSwitches.None)));
        _values = new(new Dictionary<Parameter, double[]>(), MethodSwitches.None);
        _gram = _passes.Before.OfType<ReducePass>().Single().Reductions[0];
    }

    [Benchmark]
    public double ModelStockRatio()
    {
        var evaluator = new ScalarEvaluator(_values, elementCount: 1 << 24, modelCount: 3);
        evaluator.SetReduction(_gram, [1, 0.5, 0.4, 1, 0.3, 1]);
        return evaluator.Evaluate(_passes.Output.Operands[0].Scalars[0])[0];
    }

    [Benchmark]
    public ulong HashOfName() => NativeHash.Hash64("model.layers.41.mlp.experts.117.down_proj.weight");
}

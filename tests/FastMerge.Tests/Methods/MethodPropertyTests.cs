using FastMerge.Testing.Reference;
using FsCheck;
using FsCheck.Fluent;

namespace FastMerge.Tests.Methods;

/// <summary>Laws of the methods. Numbers are small multiples of 1/8, so that no sum rounds.</summary>
public class MethodPropertyTests
{
    static readonly Gen<float> Number = Gen.Choose(-64, 64).Select(i => i / 8f);

    /// <summary>A base and one to five models of one to forty elements.</summary>
    static readonly Arbitrary<float[][]> Tensors = (
        from length in Gen.Choose(1, 40)
        from models in Gen.Choose(1, 5)
        from rows in Number.ArrayOf(length).ArrayOf(models + 1)
        select rows).ToArbitrary();

    [Fact]
    public void Ties_keeping_all_of_one_model_is_task_arithmetic() => Holds(Tensors, t => Same(
        Run("ties", One(1.5).Set("normalize", false).Set("lambda", 0.5), [t[0], t[1]]),
        Run("task_arithmetic", One(1.5).Set("lambda", 0.5), [t[0], t[1]])));

    [Fact]
    public void Ties_normalized_is_indifferent_to_the_weight_of_a_single_model() => Holds(Tensors, t => Same(
        Run("ties", One(0.25), [t[0], t[1]]), t[1]));

    [Fact]
    public void Breadcrumbs_without_gamma_and_without_consensus_is_a_trim() => Holds(Tensors, t => Same(
        Run("breadcrumbs", One(1).Set("density", 0.4).Set("gamma", 0), [t[0], t[1]]),
        Run("ties", One(1).Set("density", 0.4).Set("normalize", false), [t[0], t[1]])));

    [Fact]
    public void Dare_keeping_all_equals_the_method_without_drop() => Holds(Tensors, t =>
        Same(Run("dare_linear", Weights(t, k => k - 1.5), t), Run("task_arithmetic", Weights(t, k => k - 1.5), t))
        && Same(
            Run("dare_ties", Weights(t, k => k - 1.5), t),
            Run("ties", Weights(t, k => k - 1.5).Set("normalize", false), t)));

    [Theory]
    [InlineData("linear")]
    [InlineData("task_arithmetic")]
    [InlineData("ties")]
    [InlineData("breadcrumbs")]
    [InlineData("breadcrumbs_ties")]
    [InlineData("model_stock")]
    public void The_order_of_models_does_not_matter(string method) => Holds(Tensors, t =>
    {
        if (t.Length < 3) return true;
        float[][] reversed = [t[0], .. t.Skip(1).Reverse()];
        return Same(Run(method, Argument(k => k), t), Run(method, Argument(k => t.Length - 2 - k), reversed));

        MethodArguments Argument(Func<int, int> order)
        {
            var arguments = new MethodArguments();
            if (method != "model_stock") arguments.Set("weight", PerModel(k => 0.5 + 0.25 * k));
            if (method is "ties" or "breadcrumbs" or "breadcrumbs_ties")
                arguments.Set("density", PerModel(k => 1 - 0.15 * k));
            return arguments;

            double[] PerModel(Func<int, double> value) =>
                [.. Enumerable.Range(0, t.Length - 1).Select(k => value(order(k)))];
        }
    });

    [Theory]
    [InlineData("linear")]
    [InlineData("task_arithmetic")]
    [InlineData("ties")]
    [InlineData("model_stock")]
    public void Equal_models_give_the_model_back(string method) => Holds(Tensors, t =>
    {
        if (method == "model_stock" && t.Length < 3) return true;
        float[][] equal = [t[0], .. t.Skip(1).Select(_ => t[1])];
        var arguments = method == "model_stock" ? new() : Weights(t, k => 0.5 * k + 1).Set("normalize", true);
        return Same(Run(method, arguments, equal), t[1]);
    });

    [Theory]
    [InlineData("task_arithmetic")]
    [InlineData("ties")]
    [InlineData("dare_linear")]
    [InlineData("dare_ties")]
    [InlineData("breadcrumbs")]
    [InlineData("breadcrumbs_ties")]
    public void Lambda_zero_gives_the_base(string method) => Holds(
        Tensors, t => Same(Run(method, Weights(t, k => k + 1).Set("lambda", 0), t), t[0]));

    [Fact]
    public void Linear_normalized_is_indifferent_to_the_scale_of_its_weights() => Holds(Tensors, t => Same(
        Run("linear", Weights(t, k => k + 1), t), Run("linear", Weights(t, k => 8 * (k + 1)), t)));

    [Fact]
    public void Scaling_all_inputs_scales_ties() => Holds(Tensors, t => Same(
        Run("ties", Weights(t, k => k + 1).Set("density", 0.5), t).Select(v => 4 * v),
        Run("ties", Weights(t, k => k + 1).Set("density", 0.5), [.. t.Select(x => x.Select(v => 4 * v).ToArray())])));

    [Fact]
    public void A_trim_keeps_the_floor_of_the_density_and_the_largest() => Holds(Tensors, t =>
    {
        const double density = 0.3;
        var delta = t[1].Select(v => v == 0 ? 9 : v).ToArray();
        var kept = Run("ties", One(1).Set("density", density), [new float[delta.Length], delta]);
        var dropped = delta.Where((_, i) => kept[i] == 0).Select(Math.Abs).DefaultIfEmpty(0).Max();
        return kept.Count(v => v != 0) == Math.Max(1, (int)(density * delta.Length))
            && kept.Where(v => v != 0).Min(Math.Abs) >= dropped;
    });

    [Fact]
    public void Slerp_is_symmetric() => Holds(Tensors, t =>
    {
        var there = Run("slerp", new MethodArguments().Set("t", 0.3), [t[0], t[1]]);
        var back = Run("slerp", new MethodArguments().Set("t", 0.7), [t[1], t[0]]);
        return there.Zip(back).All(p => Math.Abs(p.First - p.Second) <= 1e-4);
    });

    static void Holds<T>(Arbitrary<T> values, Func<T, bool> law) =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll(values, law));

    static MethodArguments One(double weight) => new MethodArguments().Set("weight", weight);

    static MethodArguments Weights(float[][] tensors, Func<int, double> weight) =>
        new MethodArguments().Set("weight", [.. Enumerable.Range(0, tensors.Length - 1).Select(weight)]);

    static float[] Run(string method, MethodArguments arguments, float[][] baseAndModels) =>
        Examples.Run(method, arguments, method == "linear" ? null : baseAndModels[0], baseAndModels[1..]);

    static bool Same(IEnumerable<float> expected, IEnumerable<float> actual) =>
        expected.Zip(actual).All(p => Math.Abs(p.First - p.Second) <= 1e-5f);
}

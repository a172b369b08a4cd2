using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>The methods that rank or add up over the whole model, as recipes, against their formulas on the
/// concatenated tensors.</summary>
public class WholeModelTests
{
    static readonly int[] Counts = [2, 3, 4];

    public static TheoryData<string, string, string, int> Cases()
    {
        var cases = new TheoryData<string, string, string, int>();
        var next = 0;
        foreach (var method in (string[])["ties", "ties_rescaled", "pcb", "metagpt"])
            foreach (var scope in (string[])["model", "tensor"])
                foreach (var dtype in (string[])["BF16", "F32", "mixed"])
                    cases.Add(method, scope, dtype, Counts[next++ % 3]);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_EqualsTheOracle(string method, string scope, string dtype, int models)
    {
        using var scene = new WholeModelScene(dtype);
        var merged = Merge(Recipe(scene, method, scope, models));
        var (b, x) = Inputs(scene, models);
        if (scope == "model") AssertNear(Oracle(method), merged, b, x, [.. b.Keys]);
        else foreach (var name in b.Keys) AssertNear(Oracle(method), merged, b, x, [name]);
    }

    [Theory]
    [InlineData("ties")]
    [InlineData("pcb")]
    [InlineData("metagpt")]
    public void Rule_TakesTheModelFromItsTensorsAlone(string method)
    {
        using var scene = new WholeModelScene("BF16");
        var text = Recipe(scene, "task_arithmetic", "", 3) + $$"""

            rules:
            - tensors: {class: mlp}
              merge_method: {{method}}
              parameters: {scope: model}
            """;
        var merged = Merge(text);
        var (b, x) = Inputs(scene, 3);
        string[] mlp = [.. b.Keys.Where(n => n.Contains("mlp", StringComparison.Ordinal))];
        AssertNear(Oracle(method), merged, b, x, mlp);
        AssertNear((o, at, m) => o.TaskArithmetic(at, m), merged, b, x, [.. b.Keys.Except(mlp)]);
    }

    [Theory]
    [InlineData("ties_rescaled")]
    [InlineData("pcb")]
    [InlineData("metagpt")]
    public void Slices_TheModelIsTheOutput_WithRepeatedLayersTwice(string method)
    {
        using var scene = new WholeModelScene("F32");
        string Slice(int first, int end) => "\n- sources:" + string.Concat(new[] { "base", "m1", "m2" }.Select((m, k) =>
            $"\n  - {{model: {scene[m]}, layer_range: [{first}, {end}]"
            + (k == 0 ? "}" : $", parameters: {WholeModelScene.Parameters(k, method != "metagpt")}}}")));
        var merged = Merge(Head(scene, method, "model") + "\nslices:" + Slice(0, 2) + Slice(1, 3));
        var (b, x) = Inputs(scene, 2);
        SortedDictionary<string, float[]>[] all = [.. new[] { b }.Concat(x).Select(Restacked)];
        AssertNear(Oracle(method), merged, all[0], all[1..], [.. all[0].Keys]);

        static SortedDictionary<string, float[]> Restacked(SortedDictionary<string, float[]> model)
        {
            var result = new SortedDictionary<string, float[]>(StringComparer.Ordinal);
            foreach (var (name, values) in model.Where(t => !t.Key.Contains("layers.", StringComparison.Ordinal)))
                result[name] = values;
            foreach (var (layer, from) in new[] { 0, 1, 1, 2 }.Select((from, layer) => (layer, from)))
                foreach (var part in (string[])["input_layernorm", "mlp.up_proj"])
                    result[$"model.layers.{layer}.{part}.weight"] = model[$"model.layers.{from}.{part}.weight"];
            return result;
        }
    }

    [Theory]
    [InlineData("ties", "pcb")]
    [InlineData("pcb", "metagpt")]
    [InlineData("metagpt", "ties_rescaled")]
    public void TwoDocuments_EachHasItsOwnModel(string below, string above)
    {
        using var scene = new WholeModelScene("mixed");
        var first = Recipe(scene, below, "model", 2);
        var second = Recipe(scene, above, "model", 3).Replace(
            $"model: {scene["m1"]}", "model: below", StringComparison.Ordinal);
        var (b, x) = Inputs(scene, 3);
        var stage = Merge(first);
        AssertNear(Oracle(below), stage, b, x[..2], [.. b.Keys]);
        var merged = Merge($"name: below\n{first}\n---\n{second}");
        AssertNear(Oracle(above), merged, b, [stage, .. x[1..]], [.. b.Keys]);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("tensor")]
    public void Pcb_ThresholdsAreThoseOfTheSortedModel(string scope)
    {
        const int Models = 3;
        using var scene = new WholeModelScene("BF16");
        var plan = HandPlan.Plan(RecipeSource.Yaml(Recipe(scene, "pcb", scope, Models), "pcb"));
        var sink = new MemorySink(plan.Tensors);
        HandPlan.Run(plan.Tensors, plan.Checkpoints, sink);
        if (scope == "tensor")
        {
            Assert.Empty(sink.Phases);
            return;
        }
        var (b, x) = Inputs(scene, Models);
        var (at, vectors) = (Flat(b), x.Select(Flat).ToArray());
        var found = sink.Phases.OrderBy(p => p.Key).Select(p => p.Value).ToArray();
        Assert.Equal(3, found.Length);
        float[] clips = [.. found[0].Where((_, i) => i % 2 == 0)
            .Select(bits => BitConverter.UInt32BitsToSingle((uint)bits))];
        var expected = WholeModelOracle.Clips(at, vectors);
        Assert.Equal([.. expected.Select(e => (float)e.Low), .. expected.Select(e => (float)e.High)], clips);
        var range = Numbers(Models).ScoreRange(at, vectors);
        for (var k = 0; k < Models; k++)
        {
            var least = BitConverter.UInt32BitsToSingle((uint)found[1][2 * k]);
            Assert.InRange(least / range[k].Least, 1 - 3e-6, 1 + 3e-6);
            Assert.InRange(BitConverter.UInt64BitsToDouble(found[2][k]) / range[k].Most, 1 - 3e-6, 1 + 3e-6);
        }
    }

    [Fact]
    public void Plan_ShowsEveryPhase_WithItsReadings()
    {
        using var scene = new WholeModelScene("BF16");
        var plan = Merger.Plan(RecipeSource.Yaml(
            "name: below\n" + Recipe(scene, "pcb", "model", 2) + "\n---\n"
            + Recipe(scene, "ties_rescaled", "model", 3).Replace(
                $"model: {scene["m1"]}", "model: below", StringComparison.Ordinal)
            + "\nrules: [{tensors: {class: mlp}, merge_method: metagpt}]", "two"));
        const long All = 264_192, Mlp = 216_000;
        Assert.Equal(
        [
            new("below", "pcb", "select", 9, All, 2, All * 2 * 3 * 2),
            new("below", "pcb", "select", 9, All, 2, All * 2 * 3 * 2),
            new("below", "pcb", "reduce", 9, All, 1, All * 2 * 3),
            new(null, "ties", "select", 6, All - Mlp, 2, (All - Mlp) * 2 * 6 * 2),
            new(null, "ties", "reduce", 6, All - Mlp, 1, (All - Mlp) * 2 * 6),
            new(null, "metagpt", "reduce", 3, Mlp, 1, Mlp * 2 * 6),
        ], plan.Phases);
        Assert.Empty(Merger.Plan(RecipeSource.Yaml(Recipe(scene, "ties", "tensor", 2), "one")).Phases);
    }

    public static TheoryData<string, string> Ways() => new()
    {
        { "ties_rescaled", "model" }, { "pcb", "model" }, { "pcb", "tensor" }, { "metagpt", "model" },
        { "metagpt", "tensor" }, { "chain", "model" }, { "rule", "model" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Bits_DoNotDependOnThreadsChunksOrReading(string method, string scope)
    {
        using var scene = new WholeModelScene("mixed");
        var text = method switch
        {
            "chain" => $"name: below\n{Recipe(scene, "pcb", scope, 2)}\n---\n"
                + Recipe(scene, "ties_rescaled", scope, 3).Replace(
                    $"model: {scene["m1"]}", "model: below", StringComparison.Ordinal),
            "rule" => Recipe(scene, "ties", scope, 2)
                + "\nrules: [{tensors: {class: mlp}, merge_method: metagpt, parameters: {scope: model}}]",
            _ => Recipe(scene, method, scope, 3),
        };
        var plan = HandPlan.Plan(RecipeSource.Yaml(
            text.Replace("float32", "bfloat16", StringComparison.Ordinal), method));
        byte[][] Bytes(RunOptions options) => HandPlan.Bytes(plan.Tensors, plan.Checkpoints, options);
        var expected = Bytes(new() { Threads = 1, Chunk = 64 << 20 });
        var memory = MemoryOf(plan);
        foreach (var threads in new[] { 1, 2, 3, 8 })
            foreach (var chunk in new int?[] { 64 << 10, 128 << 10, 1 << 20, null })
                AssertSame(plan, expected, Bytes(new()
                {
                    Threads = threads,
                    Chunk = chunk,
                    Input = (InputMode)((threads + (chunk ?? 0) / (64 << 10)) % 3),
                }), $"{threads} threads, chunks of {chunk}");
        foreach (var mode in Enum.GetValues<InputMode>())
            AssertSame(plan, expected, Bytes(new() { Threads = 2, Input = mode, Interpret = true }), $"{mode}");
        AssertSame(plan, expected, Bytes(new() { Threads = 2, Chunk = null, Memory = memory }), $"{memory} bytes");
    }

    /// <summary>The least memory that will do.</summary>
    static long MemoryOf(PlannedMerge plan) =>
        Engine.MemoryPlan.Create(plan.Tensors, InputMode.Mapped, 2, 1L << 30, 64 << 10, 0).PeakBytes;

    static void AssertSame(PlannedMerge plan, byte[][] expected, byte[][] found, string how)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i].AsSpan().SequenceEqual(found[i]), $"{how}: {plan.Tensors[i].Output.Name}");
    }

    delegate WholeModelOracle.Merged OracleMethod(WholeModelOracle oracle, double[] b, double[][] x);

    static OracleMethod Oracle(string method) => method switch
    {
        "ties" => (o, b, x) => o.Ties(b, x, rescale: false, normalize: true),
        "ties_rescaled" => (o, b, x) => o.Ties(b, x, rescale: true, normalize: false),
        "pcb" => (o, b, x) => o.Pcb(b, x),
        "metagpt" => (o, b, x) => o.MetaGpt(b, x),
        _ => throw new ArgumentException(method),
    };

    static WholeModelOracle Numbers(int models) => new(
        [.. Enumerable.Range(1, models).Select(WholeModelScene.Weight)],
        [.. Enumerable.Range(1, models).Select(WholeModelScene.Density)], 0.8);

    static string Recipe(WholeModelScene scene, string method, string scope, int models) =>
        Head(scene, method, scope) + "\nmodels:" + scene.Models(models, method is not "metagpt");

    static string Head(WholeModelScene scene, string method, string scope) => $$"""
        merge_method: {{method.Split("_rescaled")[0]}}
        base_model: {{scene["base"]}}
        parameters: {lambda: 0.8{{(scope == "" ? "" : $", scope: {scope}")}}{{(
            method == "ties_rescaled" ? ", rescale: true, normalize: false" : "")}}}
        out_dtype: float32
        """;

    static (SortedDictionary<string, float[]> Base, SortedDictionary<string, float[]>[] Models) Inputs(
        WholeModelScene scene, int models) =>
        (scene.Read("base"), [.. Enumerable.Range(1, models).Select(k => scene.Read($"m{k}"))]);

    static SortedDictionary<string, float[]> Merge(string recipe)
    {
        var plan = HandPlan.Plan(RecipeSource.Yaml(recipe, "recipe"));
        var bytes = HandPlan.Bytes(plan.Tensors, plan.Checkpoints, new() { Threads = 2 });
        var merged = new SortedDictionary<string, float[]>(StringComparer.Ordinal);
        for (var i = 0; i < bytes.Length; i++)
            merged[plan.Tensors[i].Output.Name] = new EncodedTensor(KernelDType.F32, bytes[i]).ToArray();
        return merged;
    }

    static double[] Flat(SortedDictionary<string, float[]> tensors) =>
        [.. tensors.Values.SelectMany(t => t).Select(v => (double)v)];

    /// <summary>Compares some tensors with what the oracle gives for them as one vector.</summary>
    static void AssertNear(
        OracleMethod oracle, SortedDictionary<string, float[]> merged, SortedDictionary<string, float[]> b,
        SortedDictionary<string, float[]>[] x, string[] names)
    {
        double[] Of(SortedDictionary<string, float[]> t) => [.. names.SelectMany(n => t[n]).Select(v => (double)v)];
        var (at, expected) = (Of(b), oracle(Numbers(x.Length), Of(b), [.. x.Select(Of)]));
        var (found, loose) = (Of(merged), 0);
        for (var i = 0; i < found.Length; i++)
        {
            Assert.True(Math.Abs(found[i] - expected.Values[i]) <= expected.Slack[i],
                $"{names[0]} and on, [{i}] is {found[i]:R}, not {expected.Values[i]:R} within {expected.Slack[i]}");
            if (expected.Slack[i] > 1e-4) loose++;
        }
        Assert.True(loose <= Math.Max(x.Length, found.Length / 100), $"{loose} of {found.Length} elements say little");
        var changed = found.Where((v, i) => Math.Abs(v - at[i]) > 1e-4).Count();
        Assert.True(found.Length < 100 || changed > found.Length / 20, $"only {changed} of {found.Length} changed");
    }
}

using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>A merge of merges that are computed when they are read gives the bits of merging one after the
/// other.</summary>
public class StageTests
{
    public static TheoryData<string, string> Chains() => new()
    {
        { "linear", "slerp" }, { "ties", "dare_linear" }, { "slerp", "model_stock" },
        { "dare_ties", "model_stock_rows" },
        { "model_stock_rows", "ties_rescale" }, { "passthrough", "breadcrumbs" }, { "breadcrumbs_ties", "passthrough" },
        { "passthrough_scale", "linear" },
    };

    [Theory]
    [MemberData(nameof(Chains))]
    public void Chain_EqualsMergingOneAfterTheOther(string first, string second)
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var (expected, tensors, checkpoints) = Chain(folder, scene, first, second);
        foreach (var threads in new[] { 1, 3 })
            foreach (var chunk in new[] { 64 << 10, 1 << 20 })
                foreach (var input in Enum.GetValues<InputMode>())
                    AssertSame(expected, tensors, HandPlan.Bytes(
                        tensors, checkpoints, new() { Threads = threads, Chunk = chunk, Input = input }));
    }

    [Fact]
    public void ThreeDeep_AndTheSameStageTwice_EqualsMergingOneAfterTheOther()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var (_, inner, first) = Chain(folder, scene, "ties", "slerp");
        // The stage of the scene's first model is now itself a merge with a stage below it.
        var outer = HandPlan.Plan(Recipe(scene, "linear", "ft1", "bfloat16", null));
        var tensors = HandPlan.WithStages(outer, folder["ft1"], inner);
        Write(folder, inner, first, "two");
        var again = HandPlan.Plan(Recipe(scene, "linear", "two", "bfloat16", null));
        var checkpoints = first.Concat(outer.Checkpoints).ToArray();
        AssertSame(
            HandPlan.Bytes(again.Tensors, again.Checkpoints), tensors, HandPlan.Bytes(tensors, checkpoints));
    }

    public static TheoryData<string, string> Scopes() => new()
    {
        { "normed", "model" }, { "rows", "model" }, { "normed", "rows" }, { "rows", "rows" },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public void ScopesBelowAndAbove_EqualMergingOneAfterTheOther(string below, string above)
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var inputs = HandPlan.Open(scene);
        var arguments = new MethodArguments().Set("density", 0.4);
        var stage = HandPlan.Of(Method(below), arguments, inputs[..3], DType.BF16, "below");
        Write(folder, stage, inputs, "stage");
        var written = InputCheckpoint.Open(new(folder["stage"]), FileStorage.Instance);
        var expected = HandPlan.Of(Method(above), arguments, [inputs[0], written, inputs[3]], DType.BF16);
        var byName = stage.ToDictionary(t => t.Output.Name);
        var stored = HandPlan.Of(Method(above), arguments, [inputs[0], inputs[1], inputs[3]], DType.BF16);
        PlannedTensor[] tensors = [.. stored
            .Select(t => t with { Models = [new StageSource(byName[t.Output.Name]), t.Models[1]] })];
        MergeGroup.Fill([.. tensors, .. stage]);
        Assert.Equal((below == "rows" ? 0 : 2) + (above == "rows" ? 0 : 2), ModelPhases.Of(tensors).Phases.Count);
        foreach (var threads in new[] { 1, 4 })
            AssertSame(
                HandPlan.Bytes(expected, [.. inputs, written]), tensors,
                HandPlan.Bytes(tensors, inputs, new() { Threads = threads, Input = (InputMode)(threads % 3) }));
    }

    [Fact]
    public void ARankedVector_CutShort_IsRefused()
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var arguments = new MethodArguments().Set("density", 0.4);
        var stage = HandPlan.Of(Method("rows"), arguments, inputs, DType.BF16)
            .Single(t => t.Output.Name == "norm.weight");
        var outer = HandPlan.Of(Method("model"), arguments, inputs, DType.BF16)
            .Single(t => t.Output.Name == "norm.weight");
        var cut = outer with
        { Output = new("norm.weight", DType.BF16, [332]), Models = [new StageSource(stage), .. outer.Models[1..]] };
        MergeGroup.Fill([cut, stage]);
        var failure = Assert.Throws<FastMergeException>(() => ModelPhases.Of([cut]));
        Assert.Equal(FailureKind.Plan, failure.Kind);
        Assert.Contains("norm.weight", failure.Message, StringComparison.Ordinal);
    }

    static MergeMethod Method(string name) => name switch
    {
        "normed" => new NormedModelTrim(),
        "rows" => new RowAndColumnTrim(),
        _ => new ModelTrim(),
    };

    [Fact]
    public void Identity_TellsWhatIsBelow()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var (_, tensors, _) = Chain(folder, scene, "ties", "linear");
        var plan = HandPlan.Plan(Recipe(scene, "linear", "ft1", "bfloat16", null));
        var other = HandPlan.WithStages(plan, folder["ft1"], HandPlan.Plan(scene.Recipe("slerp")).Tensors);
        string Text(IReadOnlyList<PlannedTensor> t) =>
            System.Text.Encoding.UTF8.GetString(PlanIdentity.Write(plan with { Tensors = t }, 0, false, ""));
        Assert.NotEqual(Text(tensors), Text(other));
        Assert.NotEqual(Text(tensors), Text(plan.Tensors));
        Assert.Equal(Text(tensors), Text(tensors));
        Assert.Single(Text(tensors).Split('\n'), line => line.Contains("name below", StringComparison.Ordinal));
    }

    /// <summary>A merge whose first model is another merge: as one plan, and as it comes out in two steps.</summary>
    static (byte[][] Expected, IReadOnlyList<PlannedTensor> Tensors, InputCheckpoint[] Checkpoints) Chain(
        TempFolder folder, EngineScene scene, string first, string second)
    {
        var stage = HandPlan.Plan(Recipe(scene, first, "ft1", "bfloat16", "below"));
        Write(folder, stage.Tensors, stage.Checkpoints, "one");
        var expected = HandPlan.Plan(Recipe(scene, second, "one", "bfloat16", null));
        var plan = HandPlan.Plan(Recipe(scene, second, "ft1", "bfloat16", null));
        var tensors = HandPlan.WithStages(plan, folder["ft1"], stage.Tensors);
        Assert.Contains(tensors, t => t.Inputs.Any(i => i is StageSource));
        return (HandPlan.Bytes(expected.Tensors, expected.Checkpoints), tensors,
            [.. stage.Checkpoints, .. plan.Checkpoints]);
    }

    static RecipeSource Recipe(EngineScene scene, string method, string firstModel, string dtype, string? name)
    {
        var recipe = scene.Recipe(method, dtype);
        var text = recipe.Text!.Replace($"{scene.Root}/ft1", $"{scene.Root}/{firstModel}", StringComparison.Ordinal);
        return RecipeSource.Yaml(name is null ? text : $"name: {name}\n{text}", recipe.Name);
    }

    static void Write(
        TempFolder folder, IReadOnlyList<PlannedTensor> tensors, IEnumerable<InputCheckpoint> inputs, string name)
    {
        var bytes = HandPlan.Bytes(tensors, inputs);
        var header = Testing.Checkpoints.SafetensorsFile.Header(
            tensors.Select(t => (t.Output.Name, t.Output.DType.ToString(), t.Output.Shape.ToArray())));
        Directory.CreateDirectory(folder[name]);
        File.WriteAllBytes(folder[$"{name}/model.safetensors"], [.. header, .. bytes.SelectMany(b => b)]);
    }

    static void AssertSame(byte[][] expected, IReadOnlyList<PlannedTensor> tensors, byte[][] found)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i].AsSpan().SequenceEqual(found[i]), tensors[i].Output.Name);
    }
}

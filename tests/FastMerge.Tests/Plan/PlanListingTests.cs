using FastMerge.Plan;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.Plan;

/// <summary>What <c>plan</c> tells of every tensor.</summary>
public sealed class PlanListingTests
{
    static readonly string Folder = RepositoryFolder.Combine("tests", "golden", "mergekit");

    static GoldenManifest Manifest { get; } = GoldenManifest.Load(Folder);

    public static TheoryData<GoldenCase> Cases() => [.. Manifest.Cases.Where(c => c.HasInputs)];

    static MergePlan PlanOf(GoldenCase golden) => Merger.Plan(RecipeSource.Yaml(
        File.ReadAllText(Path.Combine(Folder, golden.Name, "config.yml"))
            .Replace("inputs/", Folder + "/inputs/", StringComparison.Ordinal), golden.Name));

    [Theory]
    [MemberData(nameof(Cases))]
    public void EveryTensor_IsListedOnce_WithSourcesMethodAndValues(GoldenCase golden)
    {
        var plan = PlanOf(golden);
        var tensors = plan.TensorPlans.ToArray();
        var expected = SafetensorsFile.ReadFolder(Manifest.CaseFolder(golden));
        var inputs = new Dictionary<string, IReadOnlyCollection<string>>();
        foreach (var model in tensors.SelectMany(t => t.Sources).Select(s => s.Model).Distinct())
            inputs[model] = SafetensorsFile.ReadFolder(model).Keys;
        Assert.Equal(expected.Keys.Order(), tensors.Select(t => t.Name).Order());
        var parameters = MethodCatalog.Find(golden.Method)!.Signature.Parameters.Select(p => p.Name).ToHashSet();
        Assert.All(tensors, tensor =>
        {
            Assert.Null(tensor.Stage);
            Assert.Equal(golden.Method, tensor.Method);
            Assert.NotEmpty(tensor.Sources);
            Assert.All(tensor.Sources, s => Assert.Contains(s.Tensor, inputs[s.Model]));
            var models = tensor.Sources.Count(s => !s.IsBase);
            Assert.All(tensor.Values, v =>
            {
                Assert.Contains(v.Name, parameters);
                Assert.True(v.Word is not null || v.Numbers.Count == 1 || v.Numbers.Count == models);
            });
            if (tensor.Passes == "copy") Assert.Single(tensor.Sources);
        });
        Assert.Equal(tensors.Length, plan.TensorGroups.Sum(g => g.Tensors));
        Assert.Equal(plan.TensorGroups.Count(), plan.TensorGroups.Select(g => g.Names).Distinct().Count());
    }

    [Fact]
    public void LayersAndExperts_AreOneLine()
    {
        var slices = PlanOf(Manifest.Cases.Single(c => c.Name == "slices_linear")).TensorGroups.ToArray();
        var group = slices.Single(g => g.Names == "model.layers.{0-1}.mlp.up_proj.weight");
        Assert.Equal("weight=0.6,0.4..0.9 normalize=true", group.Values);
        Assert.EndsWith("ft1, " + Folder + "/inputs/pub_tiny4/ft2 layers 1-2", group.Sources, StringComparison.Ordinal);
        Assert.Equal("mlp", group.Role);
        var last = slices.Single(g => g.Names == "model.layers.2.mlp.up_proj.weight");
        Assert.Contains("ft3 layer 3,", last.Sources, StringComparison.Ordinal);
        var experts = PlanOf(Manifest.Cases.Single(c => c.Name == "mixtral_experts_ties")).TensorGroups;
        Assert.Equal(4, experts.Single(
            g => g.Names == "model.layers.0.block_sparse_moe.experts.{0-3}.w1.weight").Tensors);
    }

    [Fact]
    public void UnknownFamily_IsSaid()
    {
        using var models = new TinyModels().TwoStacks("c", 1, 2, 2).Llama("a", 1, 1);
        Assert.Null(models.Plan("merge_method: passthrough\nmodels: [{model: $c}]").Family);
        Assert.Equal("llama", models.Plan("merge_method: passthrough\nmodels: [{model: $a}]").Family);
    }
}

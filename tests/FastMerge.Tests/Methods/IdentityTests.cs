using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>
/// What must come out whatever the numbers are: of one model, of equal models, of models like the base, and where a
/// model holds NaN.
/// </summary>
public class IdentityTests
{
    static readonly string[] Random = ["dare_linear", "dare_ties", "della", "della_linear"];

    static readonly float[] Other = [.. Examples.Base.Select((b, i) => b + (i % 3 - 1) / 16f + 1 / 64f)];

    /// <summary>Methods that give a single model back at weight 1 and default parameters.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("task_arithmetic")]
    [InlineData("ties")]
    [InlineData("dare_linear")]
    [InlineData("dare_ties")]
    [InlineData("breadcrumbs")]
    [InlineData("breadcrumbs_ties")]
    [InlineData("multislerp")]
    [InlineData("karcher")]
    [InlineData("sce")]
    [InlineData("ram")]
    [InlineData("ramplus_tl")]
    [InlineData("metagpt")]
    [InlineData("uniform_soup")]
    [InlineData("greedy_soup")]
    [InlineData("checkpoint_average")]
    [InlineData("lm_cocktail")]
    [InlineData("sparse_soup")]
    [InlineData("assembly_of_experts")]
    public void One_model_gives_itself(string method)
    {
        var gain = method == "ramplus_tl" ? 1e-6 : 0;
        var merged = Run(method, Arguments(method), [Other]);
        Assert.All(Other.Zip(merged), p => Assert.Equal(p.First, p.Second, Math.Max(gain, 2e-7)));
    }

    /// <summary>Methods that give models back where all are equal.</summary>
    [Theory]
    [InlineData("linear")]
    [InlineData("ties")]
    [InlineData("nuslerp")]
    [InlineData("multislerp")]
    [InlineData("karcher")]
    [InlineData("sce")]
    [InlineData("ram")]
    [InlineData("model_stock")]
    [InlineData("metagpt")]
    [InlineData("uniform_soup")]
    [InlineData("checkpoint_average")]
    [InlineData("lm_cocktail")]
    [InlineData("sparse_soup")]
    public void Equal_models_give_themselves(string method)
    {
        var merged = Run(method, Arguments(method), [Other, Other]);
        Assert.All(Other.Zip(merged), p => Assert.Equal(p.First, p.Second, 2e-7));
    }

    /// <summary>A reading of the base takes nothing away and adds nothing where no model differs from it.</summary>
    [Fact]
    public void Models_like_the_base_give_the_base()
    {
        foreach (var signature in MethodCatalog.All.Select(m => m.Signature))
        {
            if (signature.Name is "cape" or "passthrough") continue;
            float[][] models = [.. Enumerable.Repeat(Examples.Base, Math.Min(2, signature.MaxModels))];
            var merged = Run(signature.Name, Arguments(signature.Name), models);
            Assert.All(Examples.Base.Zip(merged), p => Assert.True(
                Math.Abs(p.First - p.Second) <= 2e-7, $"{signature.Name}: {p}"));
        }
    }

    /// <summary>A NaN of one model stays where it is, whatever is computed over the whole tensor.</summary>
    [Fact]
    public void A_NaN_stays_in_its_element()
    {
        float[] broken = [.. Other.Select((v, i) => i == 2 ? float.NaN : v)];
        foreach (var signature in MethodCatalog.All.Select(m => m.Signature))
        {
            if (Random.Contains(signature.Name) || signature.Name is "arcee_fusion" or "pcb") continue;
            float[][] models = [broken, Other];
            var merged = Run(signature.Name, Arguments(signature.Name), models[..Math.Min(2, signature.MaxModels)]);
            Assert.True(float.IsNaN(merged[2]) || signature.Name is "model_stock" or "metagpt" && merged[2] == 0,
                $"{signature.Name}: {merged[2]}");
            if (signature.Name is "model_stock" or "ties" or "breadcrumbs" or "breadcrumbs_ties" or "consensus_ties")
                continue;
            Assert.All(merged.Where((_, i) => i != 2), v => Assert.True(float.IsFinite(v), signature.Name));
        }
    }

    [Fact]
    public void Sce_of_equal_models_selects_nothing_and_gives_the_base() => Assert.Equal(
        Examples.Base, Run("sce", new MethodArguments().Set("select_topk", 0.5), [Other, Other, Other]));

    [Fact]
    public void Multislerp_is_the_normalized_mean_direction()
    {
        var merged = Examples.Run("multislerp", new MethodArguments().Set("weight", 1), null, [3, 0], [0, 1]);
        Examples.Near([2 * Math.Sqrt(0.5), 2 * Math.Sqrt(0.5)], merged);
    }

    [Fact]
    public void Multislerp_of_directions_that_cancel_is_the_weighted_sum() => Examples.Near(
        [1, 0], Examples.Run("multislerp", new MethodArguments().Set("weight", 1), null, [5, 0], [-3, 0]));

    [Fact]
    public void Karcher_of_two_is_slerp_half_way()
    {
        var karcher = Examples.Run("karcher", new MethodArguments().Set("tol", 1e-12), null, [2, 0, 0], [0, 2, 0]);
        Examples.Near([Math.Sqrt(2), Math.Sqrt(2), 0], karcher);
    }

    [Fact]
    public void Karcher_passes_over_zero_tensors_but_counts_their_length() => Examples.Near(
        [1, 0], Examples.Run("karcher", new(), null, [2, 0], [0, 0]));

    [Fact]
    public void Nuslerp_with_weights_that_cancel_is_half_way() => Examples.Near(
        [1, 1], Examples.Run("nuslerp", new MethodArguments().Set("weight", 1, -1), null,
            [(float)Math.Sqrt(2), 0], [0, (float)Math.Sqrt(2)]));

    [Fact]
    public void Nearswap_takes_near_entries_and_part_of_far_ones() => Assert.Equal(
        [1.25f, 2.5f, 4.5f], Examples.Run("nearswap", new MethodArguments().Set("t", 0.5), [1, 2, 4], [1.25f, 3, 5]));

    [Fact]
    public void Consensus_of_one_model_needs_k_one() => Assert.Equal([[4f], [2f]], new[] { 1.0, 2.0 }.Select(k =>
        Examples.Run("consensus_ta", new MethodArguments().Set("weight", 1).Set("k", k), [2], [4])).ToArray());

    static MethodArguments Arguments(string method)
    {
        var arguments = new MethodArguments();
        foreach (var parameter in MethodCatalog.Find(method)!.Signature.Parameters)
            _ = parameter.Name switch
            {
                "weight" => arguments.Set("weight", method == "assembly_of_experts" ? 1 : 0.5),
                "inner" => arguments.Set("weight", 0.5),
                "scores" => arguments.Set("scores", 1),
                "loss" => arguments.Set("loss", 1),
                "k" => arguments.Set("k", 1),
                "normalize" => arguments.Set("normalize", true),
                "t" or "alpha" when parameter is Global { Optional: false } => arguments.Set(parameter.Name, 0.5),
                "density" when method == "pcb" => arguments.Set("density", 0.5),
                _ => arguments,
            };
        return arguments;
    }

    static float[] Run(string method, MethodArguments arguments, float[][] models)
    {
        var readsBase = MethodCatalog.Find(method)!.Signature.Base is BaseUse.Required or BaseUse.EndPoint
            or BaseUse.Optional;
        return Examples.Run(method, arguments, readsBase ? Examples.Base : null, models);
    }
}

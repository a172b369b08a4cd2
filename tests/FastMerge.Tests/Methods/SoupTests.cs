using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>What soups and assemblies keep exactly.</summary>
public class SoupTests
{
    static readonly float[] Odd = [-0f, 0f, float.Epsilon, -3.4e38f, 1 / 3f, float.PositiveInfinity];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_parent_of_weight_one_is_taken_bit_for_bit(int parent)
    {
        float[][] models = [Odd, Odd];
        models[1 - parent] = [float.NaN, float.PositiveInfinity, 1, 2, 3, 4];
        var arguments = new MethodArguments().Set("weight", 1 - parent, parent);
        SameBits(Odd, Examples.Run("assembly_of_experts", arguments, [float.NaN, 1, 2, 3, 4, 5], models));
    }

    [Fact]
    public void Parents_without_weight_leave_the_base_bit_for_bit() => SameBits(
        Odd, Examples.Run("assembly_of_experts", new(), Odd, [float.NaN, 1, 2, 3, 4, 5]));

    [Theory]
    [InlineData("rms", 1.9, 4)]
    [InlineData("rms", 2.1, 2)]
    [InlineData("rel", 0.99, 4)]
    [InlineData("rel", 1, 2)]
    public void A_tensor_that_differs_too_little_stays_the_bases(string measure, double threshold, float expected)
    {
        var arguments = new MethodArguments().Set("weight", 1).Set("threshold", threshold).Set("difference", measure);
        Assert.Equal([expected, expected], Examples.Run("assembly_of_experts", arguments, [2, 2], [4, 4]));
    }

    [Fact]
    public void Greedy_soup_passes_over_what_is_not_in_it() => Assert.Equal([2f, 3], Examples.Run(
        "greedy_soup", new MethodArguments().Set("scores", 1, 0, 1), null, [1, 2], [float.NaN, 1], [3, 4]));

    [Theory]
    [InlineData("intersection", new[] { 2f, 0, 0, 0 })]
    [InlineData("union", new[] { 2f, 2, 1, 0 })]
    [InlineData("first", new[] { 2f, 2, 0, 0 })]
    [InlineData("majority", new[] { 2f, 2, 0, 0 })]
    public void Sparse_soup_keeps_zeros_by_rule(string mask, float[] expected) => Assert.Equal(expected, Examples.Run(
        "sparse_soup", new MethodArguments().Set("mask", mask), null, [1, 3, 0, 0], [2, 3, 0, 0], [3, 0, 3, -0f]));

    [Fact]
    public void Sparse_soup_of_one_mask_accepts_it() => Assert.Equal([2f, 0], Examples.Run(
        "sparse_soup", new MethodArguments().Set("mask", "error"), null, [1, 0], [3, 0]));

    [Fact]
    public async Task Sparse_soup_refuses_masks_that_differ_and_names_the_tensor()
    {
        using var folder = new TempFolder();
        foreach (var (name, second) in new[] { ("a", 0f), ("b", 2f) })
            SafetensorsFile.Write(folder[$"{name}.safetensors"], [StoredTensor.Of("layer", "F32", [2], [1, second])]);
        var recipe = RecipeSource.Yaml($"merge_method: sparse_soup\nparameters: {{mask: error}}\nmodels: "
            + $"[{{model: {folder["a.safetensors"]}}}, {{model: {folder["b.safetensors"]}}}]");
        var failure = await Assert.ThrowsAsync<FastMergeException>(() => Merger.MergeAsync(recipe, folder["out/x"]));
        Assert.Equal((FailureKind.Input, "tensor layer: zero masks differ in 1 entries; accepted: one mask, "
            + "or another 'mask'"), (failure.Kind, failure.Message));
    }

    [Fact]
    public void Equal_models_average_to_themselves_exactly()
    {
        foreach (var method in new[] { "uniform_soup", "sparse_soup", "checkpoint_average" })
            SameBits([1 / 3f, -7.1f], Examples.Run(method, new(), null, Repeat([1 / 3f, -7.1f], 3)));
    }

    [Fact]
    public void Ema_weights_are_those_of_the_running_average()
    {
        var arguments = new MethodArguments().Set("average", "ema").Set("alpha", 0.25);
        Assert.Equal([0.5625f, 0.1875f, 0.25f],
            Examples.Run("checkpoint_average", arguments, null, [1, 0, 0], [0, 1, 0], [0, 0, 1]));
    }

    [Fact]
    public void Cape_of_equal_experts_is_the_base() => Assert.Equal(
        [1f, 2], Examples.Run("cape", new MethodArguments().Set("alpha", 0.7), [1, 2], [5, 1 / 3f], [5, 1 / 3f]));

    [Fact]
    public void Lm_cocktail_of_equal_losses_is_the_mean() => Examples.Near(
        [2, 3], Examples.Run("lm_cocktail", new MethodArguments().Set("loss", 4), null, [1, 2], [3, 4]));

    [Fact]
    public void Lm_cocktail_at_a_low_temperature_is_the_best_model() => Examples.Near(
        [3, 4], Examples.Run("lm_cocktail",
            new MethodArguments().Set("loss", 4, 3).Set("temperature", 0.001), null, [1, 2], [3, 4]));

    static float[][] Repeat(float[] values, int count) => [.. Enumerable.Repeat(values, count)];

    static void SameBits(float[] expected, float[] actual) => Assert.Equal(
        expected.Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
}

using FastMerge.Tests.Oracles.Spectral;
using static FastMerge.Tests.Methods.Spectral.MatrixMerges;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>Which tensors spectral methods take for matrices.</summary>
public class MatrixShapeTests
{
    const string Experts = "model.layers.0.mlp.experts.down_proj";
    const string Embedding = "model.embed_tokens.weight";

    static TaskCase Case(string name, int rows, int columns) => TaskCase.Draw(3, rows, columns, 1, name);

    static RealMatrix Mean(TaskCase one) => 1 / 3.0 * RealMatrix.Sum(one.Models);

    static async Task<RealMatrix> Run(string method, string parameters, TaskCase one, params long[] shape) =>
        (await RunShaped(method, parameters, null, (one, shape))).Values.Single();

    [Theory]
    [InlineData("star", "")]
    [InlineData("iso_c", "")]
    [InlineData("iso_cts", "")]
    [InlineData("tsv", "")]
    [InlineData("lore", "")]
    [InlineData("twin", "")]
    [InlineData("svc", "inner: model_stock")]
    [InlineData("knots", "weight: 1, density: 0.5")]
    [InlineData("core_space", "weight: 1, density: 0.5")]
    [InlineData("drm", "")]
    [InlineData("stf", "")]
    [InlineData("wudi", "")]
    public async Task Fused_experts_are_merged_each_by_itself(string method, string parameters)
    {
        var all = Case(Experts, 4 * 6, 9);
        var merged = await Run(method, parameters, all, 4, 6, 9);
        for (var e = 0; e < 4; e++)
        {
            RealMatrix Expert(RealMatrix a) => RealMatrix.Of(6, 9, (i, j) => a[6 * e + i, j]);
            var one = new TaskCase("w", Expert(all.Base), [.. all.Tasks.Select(Expert)]);
            // Model Stock takes its ratio from the whole tensor.
            if (method != "svc")
                Near(await RunOne(one, method, parameters), Expert(merged), 1e-6);
        }
        Assert.False(double.IsNaN(merged.Norm));
    }

    [Fact]
    public async Task Star_averages_embeddings_unless_told_not_to()
    {
        var one = Case(Embedding, 20, 8);
        Near(Mean(one), await Run("star", "", one, 20, 8));
        Near(one.Base + SpectralOracles.Star(one.Tasks), await Run("star", "embeddings: matrix", one, 20, 8));
    }

    [Fact]
    public async Task Iso_c_takes_embeddings_for_matrices_unless_told_not_to()
    {
        var one = Case(Embedding, 20, 8);
        Near(one.Base + SpectralOracles.IsoC(one.Tasks), await Run("iso_c", "", one, 20, 8));
        Near(Mean(one), await Run("iso_c", "embeddings: average", one, 20, 8));
    }

    [Fact]
    public async Task Convolutions_are_averages_or_matrices_of_their_outputs()
    {
        var one = Case("conv.weight", 6, 18);
        Near(Mean(one), await Run("iso_cts", "", one, 6, 2, 3, 3));
        Near(one.Base + SpectralOracles.IsoCts(one.Tasks), await Run(
            "iso_cts", "convolutions: matrix", one, 6, 2, 3, 3));
    }

    [Fact]
    public async Task Twin_keeps_what_is_no_matrix_whole()
    {
        var one = Case("conv.weight", 6, 18);
        Near(Mean(one), await Run("twin", "density: 0", one, 6, 2, 3, 3));
        var shared = 0.3 * RealMatrix.Sum(one.Tasks);
        Near(one.Base + shared, await Run("twin", "density: 0, convolutions: matrix", one, 6, 2, 3, 3));
    }

    [Theory]
    [InlineData("star")]
    [InlineData("iso_c")]
    [InlineData("iso_cts")]
    [InlineData("tsv")]
    [InlineData("lore")]
    [InlineData("twin")]
    public async Task Vectors_are_averaged(string method)
    {
        var one = Case("norm.weight", 1, 33);
        Near(Mean(one), await Run(method, "", one, 33));
    }

    [Theory]
    [InlineData("iso_c")]
    [InlineData("iso_cts")]
    [InlineData("tsv")]
    public async Task Reference_completes_what_the_data_do_not_determine(string method)
    {
        var low = TaskCase.All(2).Single(c => c.Name == "all_of_rank_2");
        var change = await RunOne(low, method, "rank_policy: reference") - low.Base;
        var partial = await RunOne(low, method) - low.Base;
        var (all, some) = (JacobiSvd.Of(change).Values, JacobiSvd.Of(partial).Rank(1e-4));
        Assert.InRange(some, 1, 8);
        if (method != "tsv") Assert.Equal(all[0], all[^1], 1e-3 * all[0]);
        Assert.All(change.Data.ToArray(), v => Assert.True(double.IsFinite(v)));
    }
}

namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>The decomposition that all spectral oracles rest on.</summary>
public class JacobiSvdTests
{
    public static TheoryData<string> Cases() => [.. TaskCase.All(1).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void It_multiplies_back_with_orthonormal_vectors(string name)
    {
        foreach (var task in TaskCase.All(4).Single(c => c.Name == name).Tasks)
        {
            var svd = JacobiSvd.Of(task);
            Assert.True((svd.Product(svd.Values) - task).Norm <= 1e-13 * task.Norm);
            Assert.Equal(svd.Values.OrderDescending(), svd.Values);
            Assert.Equal(task.Norm * task.Norm, svd.Values.Sum(s => s * s), task.Norm * task.Norm * 1e-13);
            var rank = svd.Values[0] == 0 ? 0 : svd.Rank(1e-12);
            foreach (var side in new[] { svd.Left.ColumnsFrom(0, rank), svd.Right.ColumnsFrom(0, rank) })
                Assert.True(
                    (side.Transposed() * side - RealMatrix.Of(rank, rank, (i, j) => i == j ? 1 : 0)).Norm <= 1e-10);
        }
    }

    [Fact]
    public void It_finds_small_values_beside_large_ones()
    {
        var random = new Random(3);
        var (u, v) = (SpectralOracles.Polar(RealMatrix.Normal(30, 8, random)),
            SpectralOracles.Polar(RealMatrix.Normal(8, 8, random)));
        double[] values = [.. Enumerable.Range(0, 8).Select(i => Math.Pow(10, -i))];
        var svd = JacobiSvd.Of(u.ScaleColumns(values) * v.Transposed());
        for (var i = 0; i < values.Length; i++) Assert.Equal(1, svd.Values[i] / values[i], 1e-7);
        Assert.Equal(values.Sum(), svd.NuclearNorm, 1e-13);
    }

    [Theory]
    [InlineData("all_of_rank_2", 2)]
    [InlineData("zero", 0)]
    [InlineData("square", 24)]
    public void It_tells_ranks(string name, int rank)
    {
        var svd = JacobiSvd.Of(TaskCase.All(1).Single(c => c.Name == name).Tasks[0]);
        Assert.Equal(rank, svd.Values[0] == 0 ? 0 : svd.Rank(1e-12));
    }

    [Fact]
    public void A_known_decomposition_comes_out()
    {
        var svd = JacobiSvd.Of(RealMatrix.Of(2, 2, [3, 0, 4, 5]));
        Assert.Equal(3 * Math.Sqrt(5), svd.Values[0], 1e-14);
        Assert.Equal(Math.Sqrt(5), svd.Values[1], 1e-14);
    }

    [Fact]
    public void The_polar_factor_is_orthogonal_and_gives_the_nuclear_norm()
    {
        var a = RealMatrix.Normal(12, 9, new(5));
        var q = SpectralOracles.Polar(a);
        Assert.True((q.Transposed() * q - RealMatrix.Of(9, 9, (i, j) => i == j ? 1 : 0)).Norm <= 1e-13);
        Assert.Equal(JacobiSvd.Of(a).NuclearNorm, RealMatrix.Dot(q, a), 1e-11);
    }
}

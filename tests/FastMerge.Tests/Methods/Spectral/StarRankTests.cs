using FastMerge.Primitives.Matrices;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>The rank that STAR keeps.</summary>
public class StarRankTests
{
    [Theory]
    [InlineData(40, 2)]
    [InlineData(30, 1)]
    [InlineData(30.5, 2)]
    [InlineData(0, 1)]
    [InlineData(100, 5)]
    [InlineData(90, 4)]
    public void It_is_the_smallest_that_reaches_the_share(double eta, int rank)
    {
        var kept = SpectralRules.NuclearShare([3, 3, 2, 1, 1], [[eta]]);
        double[] sums = [3, 6, 8, 9, 10];
        Assert.Equal(rank, kept.Rank);
        Assert.Equal(10 / sums[rank - 1], kept.Scale, 1e-15);
    }

    [Fact]
    public void Of_a_known_rank_only_the_leading_part_counts()
    {
        Assert.Equal(new Truncation(2, 8 / 6.0), SpectralRules.NuclearShare([3, 3, 2, 1, 1], [[60], [3]]));
        Assert.Equal(new Truncation(5, 1), SpectralRules.NuclearShare([3, 3, 2, 1, 1], [[100], [9]]));
    }

    [Fact]
    public void Of_nothing_nothing_is_kept() =>
        Assert.Equal(new Truncation(0, 1), SpectralRules.NuclearShare([0, 0], [[40]]));

    /// <summary>Two hundred matrices in one merge: the rank of what comes out is that of binary64.</summary>
    [Theory]
    [InlineData(25)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(90)]
    public async Task It_is_that_of_binary64_on_two_hundred_matrices(double eta)
    {
        var random = new Random((int)eta);
        var cases = Enumerable.Range(0, 50).Select(i =>
        {
            var (rows, columns) = (random.Next(1, 25), random.Next(1, 25));
            var decay = random.NextDouble() * 0.6;
            var task = RealMatrix.Normal(rows, columns, random).ScaleColumns(
                [.. Enumerable.Range(0, columns).Select(j => Math.Exp(-decay * j))]).Rounded();
            return new TaskCase($"m{i}", new(rows, columns), [task]);
        }).ToArray();
        var merged = await MatrixMerges.Run("star", $"eta: {eta}", null, cases);
        foreach (var one in cases)
        {
            var expected = SpectralOracles.StarRank(JacobiSvd.Of(one.Tasks[0]).Values, eta);
            Assert.Equal(expected, JacobiSvd.Of(merged[one.Name]).Rank(2e-6));
        }
    }
}

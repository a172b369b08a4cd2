using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>
/// DARE with masks that are known: seed 0 and stream 0 give elements 0, 16, 32, 48 the four words of
/// the generator's counter 0, published as 6627e8d5 e169c58d bc57ac4c 9b00dbd8.
/// </summary>
public class RandomKeepTests
{
    static readonly int[] Known = [0, 16, 32, 48];

    [Fact]
    public void Dare_linear_drops_words_below_the_half_and_restores_the_L1_norm()
    {
        // 6627e8d5 is below 2^31: of |1| + |-2| + |4| + |8| = 15 the first entry goes, 14 remain.
        var merged = Merge("dare_linear", At(1, -2, 4, 8), new MethodArguments().Set("weight", 1).Set("density", 0.5));
        Examples.Near([10, 10 - 2 * 15.0 / 14, 10 + 4 * 15.0 / 14, 10 + 8 * 15.0 / 14], Pick(merged));
    }

    [Fact]
    public void Dare_linear_without_rescale_leaves_kept_entries_as_they_are()
    {
        var arguments = new MethodArguments().Set("weight", 0.5).Set("density", 0.25).Set("rescale", false);
        // Kept are words of at least 3/4 of 2^32: e169c58d alone.
        Assert.Equal([10, 9, 10, 10], Pick(Merge("dare_linear", At(1, -2, 4, 8), arguments)));
    }

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(1, 11, 18)]
    public void Density_zero_keeps_none_and_one_keeps_all(double density, float first, float last)
    {
        var arguments = new MethodArguments().Set("weight", 1).Set("density", density);
        var merged = Merge("dare_linear", At(1, -2, 4, 8), arguments);
        Assert.Equal((first, last), (merged[0], merged[48]));
    }

    /// <summary>
    /// Model 1 draws f49efff8 edbf47b0 aa73cbf3 bcad6e97: at density 1/4 the first two are kept. So the kept
    /// entries are . -2 4 8 and -8 8 . . and the elected signs - + + +.
    /// </summary>
    [Fact]
    public void Dare_ties_adds_what_agrees_with_the_elected_sign()
    {
        var arguments = new MethodArguments().Set("weight", 1, 1).Set("density", 0.5, 0.25).Set("rescale", false);
        var merged = Examples.Run(
            "dare_ties", arguments, Ten, Sum(Ten, At(1, -2, 4, 8)), Sum(Ten, At(-8, 8, -1, 1)));
        Assert.Equal([2, 18, 14, 18], Pick(merged));
    }

    /// <summary>At element 48 the first model's 8 and, kept at density 3/4 as well, the second one's 1 agree.</summary>
    [Fact]
    public void Dare_ties_normalized_divides_by_the_weights_that_agree()
    {
        var arguments = new MethodArguments().Set("weight", 1, 3).Set("density", 0.5, 0.75)
            .Set("rescale", false).Set("normalize", true);
        var merged = Examples.Run(
            "dare_ties", arguments, Ten, Sum(Ten, At(1, -2, 4, 8)), Sum(Ten, At(-8, 8, -1, 1)));
        Assert.Equal([2, 18, 14, 12.75f], Pick(merged));
    }

    /// <summary>
    /// Among 60 zeros the ranks of -2 -8 4 1 are 62 64 63 61 of 64, so the probabilities are 0.1 + 0.4 61/63 and so on
    /// up to 0.5: of the words 0.399, 0.881, 0.736, 0.605 of 2^32 those of at least one minus it stay, all but the first.
    /// </summary>
    [Fact]
    public void Della_keeps_large_entries_more_often()
    {
        var arguments = new MethodArguments().Set("weight", 1).Set("density", 0.3).Set("epsilon", 0.2)
            .Set("rescale", false);
        Assert.Equal([10, 2, 14, 11], Pick(Merge("della_linear", At(-2, -8, 4, 1), arguments)));
        arguments.Set("rescale", true).Set("rescale_by", "density");
        Examples.Near(
            [10, 10 - 8 / 0.5, 10 + 4 / (0.1 + 24.8 / 63), 10 + 1 / (0.1 + 24.0 / 63)],
            Pick(Merge("della_linear", At(-2, -8, 4, 1), arguments)));
    }

    [Fact]
    public void Della_of_rows_of_one_entry_keeps_by_density()
    {
        var arguments = new MethodArguments().Set("weight", 1).Set("density", 0.5).Set("rescale", false);
        var merge = Examples.Merge("della_linear", arguments, rowLength: 1);
        var merged = merge.Run(Examples.Stored(Ten), Examples.Stored(Sum(Ten, At(1, -2, 4, 8)))!).ToArray();
        Assert.Equal([10, 8, 14, 18], Pick(merged));
    }

    [Fact]
    public void Dare_by_density_divides_by_it()
    {
        var arguments = new MethodArguments().Set("weight", 1).Set("density", 0.5).Set("rescale_by", "density");
        Assert.Equal([10, 6, 18, 26], Pick(Merge("dare_linear", At(1, -2, 4, 8), arguments)));
    }

    [Fact]
    public void Masks_depend_on_seed_and_stream_and_model()
    {
        var words = new (ulong Seed, ulong Stream, uint Model)[]
        {
            (0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1ul << 32, 0, 0), (0, 1ul << 32, 0),
        }.Select(k => Philox.Word(k.Seed, k.Stream, k.Model, 0)).ToArray();
        Assert.Equal(words.Length, words.Distinct().Count());
    }

    static float[] Ten => [.. Enumerable.Repeat(10f, 64)];

    static float[] Merge(string method, float[] delta, MethodArguments arguments) =>
        Examples.Run(method, arguments, Ten, Sum(Ten, delta));

    static float[] At(params float[] values)
    {
        var all = new float[64];
        for (var i = 0; i < values.Length; i++) all[Known[i]] = values[i];
        return all;
    }

    static float[] Sum(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];

    static float[] Pick(float[] merged) => [.. Known.Select(i => merged[i])];
}

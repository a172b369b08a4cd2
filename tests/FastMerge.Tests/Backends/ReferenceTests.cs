using FastMerge.Backends;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>The parts of the oracle that published numbers or another way of counting can check.</summary>
public class ReferenceTests
{
    [Fact]
    public void Philox_gives_the_published_words()
    {
        Assert.Equal([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8], Philox.Block(0, 0, 0, 0, 0));
        Assert.Equal(
            [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
            Philox.Block(uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, ulong.MaxValue));
        Assert.Equal(
            [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
            Philox.Block(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0x299f31d0a4093822));
    }

    [Fact]
    public void Philox_numbers_elements_by_blocks_of_64()
    {
        // Element 115 = block 1, lane 3, word 3: counter 16 + 3.
        Assert.Equal(Philox.Block(19, 1u << 16, 0x23456789, 1, 5)[3], Philox.Word(5, 0x123456789, 1, 115));
        Assert.Equal(
            Philox.Block(16, 7u << 16 | 1, 0, 0, 5)[0], Philox.Word(5, 0, 7, (1L << 34) + 64));
    }

    [Theory]
    [InlineData(0.75, 1u << 30)]
    [InlineData(1, 0u)]
    [InlineData(1e-12, uint.MaxValue)]
    public void A_density_becomes_a_number_of_dropped_words(double density, uint drop) =>
        Assert.Equal(drop, Philox.Drop(density));

    [Fact]
    public void A_density_of_zero_drops_every_word() => Assert.Equal(1ul << 32, Philox.Drop(0));

    [Fact]
    public void The_library_drops_the_same_number_of_words()
    {
        for (var density = -0.125; density <= 1.125; density += 1 / 64.0)
            Assert.Equal(Philox.Drop(density), RandomMask.DropOf(density));
        Assert.Equal(Philox.Drop(1 / 3.0), RandomMask.DropOf(1 / 3.0));
        Assert.Equal(uint.MaxValue, RandomMask.DropOf(1e-300));
    }

    [Fact]
    public void The_tree_adds_in_its_own_order()
    {
        // 2^53 and the ones are in lane 0; the minus is in lane 8 and meets them only when lanes are added.
        var terms = new double[64];
        (terms[0], terms[16], terms[32], terms[8]) = (Math.Pow(2, 53), 1, 1, -Math.Pow(2, 53));
        Assert.Equal(0, FixedTree.Sum(terms.Length, i => terms[i]));
        (terms[0], terms[32]) = (1, Math.Pow(2, 53));
        Assert.Equal(2, FixedTree.Sum(terms.Length, i => terms[i]));
    }

    [Fact]
    public void The_tree_adds_leaves_pairwise_and_carries_an_odd_one()
    {
        var big = Math.Pow(2, 53);
        // (a + b) + c with a = 2^53, b = 1: b is lost. With an odd leaf carried, c meets the pair's sum.
        Assert.Equal(big, FixedTree.Sum(3 * 4096, i => i switch { 0 => big, 4096 => 1, 8192 => 1, _ => 0 }));
        Assert.Equal(big + 2, FixedTree.Sum(4 * 4096, i => i switch { 0 => big, 8192 => 1, 12288 => 1, _ => 0 }));
    }

    [Fact]
    public void The_tree_of_whole_chunks_is_the_tree_of_the_tensor()
    {
        var random = new Random(3);
        var terms = Enumerable.Range(0, 11 * 4096 + 17).Select(_ => random.NextDouble() - 0.5).ToArray();
        const int chunk = 2 * 4096;
        var chunks = Enumerable.Range(0, (terms.Length + chunk - 1) / chunk)
            .Select(c => FixedTree.Sum(Math.Min(chunk, terms.Length - c * chunk), i => terms[c * chunk + i]));
        Assert.Equal(FixedTree.Sum(terms.Length, i => terms[i]), FixedTree.Pairs([.. chunks]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    public void A_cut_keeps_the_largest_and_equal_ones_in_index_order(int keep)
    {
        float[] values = [1, -2, float.NaN, 2, 0, 2, float.NegativeInfinity, -2];
        int[] ranking = [2, 6, 1, 3, 5, 7, 0, 4];
        var cut = ReferenceSelection.Cut([.. values.Select(ReferenceSelection.Magnitude)], keep);
        Assert.Equal(
            ranking.Take(keep).Order(),
            Enumerable.Range(0, values.Length).Where(i => ReferenceSelection.IsWithin(cut, values[i], i)));
    }

    [Fact]
    public void Everything_and_nothing_are_cuts()
    {
        Assert.True(ReferenceSelection.IsWithin(ElementCut.Everything, 0, long.MaxValue - 1));
        Assert.False(ReferenceSelection.IsWithin(ElementCut.Nothing, float.NaN, 0));
    }
}

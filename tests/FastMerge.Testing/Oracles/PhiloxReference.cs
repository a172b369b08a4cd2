namespace FastMerge.Testing.Oracles;

/// <summary>Philox4x32-10 (Salmon et al. 2011) and the random mask that is made of it.</summary>
public static class PhiloxReference
{
    /// <summary>The four output words of a counter under a key.</summary>
    public static uint[] Words(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (var round = 0; round < 10; round++)
        {
            var (left, right) = (0xD2511F53UL * c0, 0xCD9E8D57UL * c2);
            (c0, c2) = ((uint)(right >> 32) ^ c1 ^ key0, (uint)(left >> 32) ^ c3 ^ key1);
            (c1, c3) = ((uint)right, (uint)left);
            key0 = unchecked(key0 + 0x9E3779B9);
            key1 = unchecked(key1 + 0xBB67AE85);
        }
        return [c0, c1, c2, c3];
    }

    /// <summary>
    /// The word of element i: counter (i / 64) 16 + i mod 16 in 48 bits, the model above it, then the stream; word
    /// (i / 16) mod 4.
    /// </summary>
    public static uint Word(long i, int model, ulong seed, ulong stream)
    {
        var counter = (ulong)i / 64 * 16 + (ulong)i % 16;
        var (low, high) = ((uint)counter, (uint)(counter >> 32) | (uint)model << 16);
        return Words(low, high, Low(stream), High(stream), Low(seed), High(seed))[i / 16 % 4];
    }

    static uint Low(ulong value) => (uint)value;

    static uint High(ulong value) => (uint)(value >> 32);

    /// <summary>Whether the element is kept: its word is at least the drop rate in units of 2^-32.</summary>
    public static bool Keeps(long i, double density, int model, ulong seed, ulong stream)
    {
        if (density >= 1) return true;
        if (density <= 0) return false;
        var drop = Math.Min(uint.MaxValue, (ulong)Math.Round((1 - density) * 4294967296.0));
        return Word(i, model, seed, stream) >= drop;
    }
}

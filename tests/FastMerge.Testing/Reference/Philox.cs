namespace FastMerge.Testing.Reference;

/// <summary>Philox4x32-10, and the random keep that is made of it.</summary>
static class Philox
{
    /// <summary>The four words of a counter.</summary>
    public static uint[] Block(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var first = 0xd2511f53ul * c0;
            var second = 0xcd9e8d57ul * c2;
            (c0, c1, c2, c3) = (
                (uint)(second >> 32) ^ c1 ^ k0, (uint)second, (uint)(first >> 32) ^ c3 ^ k1, (uint)first);
            k0 += 0x9e3779b9;
            k1 += 0xbb67ae85;
        }
        return [c0, c1, c2, c3];
    }

    /// <summary>The random word of an element of a tensor.</summary>
    public static uint Word(ulong seed, ulong stream, uint model, long element)
    {
        var counter = (ulong)(element / 64 * 16 + element % 16);
        var high = (uint)((counter >> 32) & 0xffff) | (model << 16);
        return Block((uint)counter, high, (uint)stream, (uint)(stream >> 32), seed)[element / 16 % 4];
    }

    /// <summary>Whether a random word keeps an element of a density of its own.</summary>
    public static bool Keeps(uint word, float density) => density > 0 && word >= Drop(density);

    /// <summary>The random words below which an element is dropped, for a density of kept ones.</summary>
    public static ulong Drop(double density) => density switch
    {
        <= 0 => 1ul << 32,
        >= 1 => 0,
        _ => (ulong)Math.Min(uint.MaxValue, Math.Round((1 - density) * 4294967296.0)),
    };
}

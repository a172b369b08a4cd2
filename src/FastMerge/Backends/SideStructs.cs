using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>
/// The border of the elements that are kept: element i with magnitude bits m is within iff m is above
/// the threshold, or equal to it and i is below the index.
/// </summary>
readonly record struct ElementCut(uint Threshold, long Index)
{
    /// <summary>The cut that everything is within.</summary>
    public static ElementCut Everything => new(0, long.MaxValue);

    /// <summary>The cut that nothing is within.</summary>
    public static ElementCut Nothing => new(uint.MaxValue, 0);

    /// <summary>The magnitude of the last element within; infinity where none is.</summary>
    public double Magnitude => this == Nothing ? double.PositiveInfinity : BitConverter.UInt32BitsToSingle(Threshold);

    /// <summary>The same cut with indexes that begin so many elements later.</summary>
    public ElementCut From(long first) =>
        Index == long.MaxValue ? this : this with { Index = Math.Max(0, Index - first) };

    /// <summary>The native form.</summary>
    public NativeCut ToNative() => new() { Threshold = Threshold, Index = Index };
}

/// <summary>A random mask of one model: each element is dropped with probability drop / 2^32.</summary>
readonly record struct RandomMask(ulong Seed, ulong Stream, ulong Drop, uint Model)
{
    const double Full = 4294967296.0;

    /// <summary>The drop threshold of a density: none kept from 0 down, all from 1 up.</summary>
    public static ulong DropOf(double density) => density <= 0 ? (ulong)Full
        : density >= 1 ? 0
        : (ulong)Math.Min(Full - 1, Math.Round((1 - density) * Full));

    /// <summary>The native form.</summary>
    public NativeRandom ToNative() => new() { Seed = Seed, Stream = Stream, Drop = Drop, Model = Model };
}

using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Bench;

/// <summary>
/// A base and three models of bfloat16 whose differences look like those of fine-tunes, and room for a result.
/// </summary>
sealed unsafe class BenchData : IDisposable
{
    /// <summary>Models besides the base.</summary>
    public const int Models = 3;

    /// <summary>Bytes of an element.</summary>
    public const int ElementBytes = 2;

    const int PatternElements = 1 << 20;
    const float BaseScale = 0.02f, DeltaScale = 0.001f;

    readonly NativeBlock _block;

    /// <summary>Makes tensors of so many elements.</summary>
    public BenchData(long elements)
    {
        Elements = elements;
        _block = new NativeBlock((Models + 2) * elements * ElementBytes);
    }

    /// <summary>Elements of each tensor.</summary>
    public long Elements { get; }

    /// <summary>All bytes.</summary>
    public NativeBlock Block => _block;

    /// <summary>Tensor 0 is the base, then come the models and the result.</summary>
    public byte* Tensor(int index) => _block.Data + index * Elements * ElementBytes;

    /// <summary>The result.</summary>
    public byte* Output => Tensor(Models + 1);

    /// <summary>A magnitude that about half of the differences exceed.</summary>
    public static ElementCut MiddleCut => new(BitConverter.SingleToUInt32Bits(DeltaScale / 2), 0);

    /// <summary>Fills in the values.</summary>
    public void Fill()
    {
        var pattern = new ushort[PatternElements];
        for (var tensor = 0; tensor <= Models; tensor++)
        {
            var (common, own) = (new Random(0), new Random(tensor));
            for (var i = 0; i < pattern.Length; i++)
            {
                var value = BaseScale * (common.NextSingle() - 0.5f);
                if (tensor > 0) value += DeltaScale * (own.NextSingle() - 0.5f) * 2;
                pattern[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
            }
            for (var first = 0L; first < Elements; first += PatternElements)
            {
                var count = (int)Math.Min(PatternElements, Elements - first);
                pattern.AsSpan(0, count).CopyTo(new Span<ushort>(Tensor(tensor) + first * ElementBytes, count));
            }
        }
    }

    /// <summary>The part of the elements that a thread works on, cut at <see cref="Grain"/>.</summary>
    public static (long First, long Count) Share(int thread, int threads, long first, long count)
    {
        var grains = (count + Grain - 1) / Grain;
        var begin = Math.Min(count, grains * thread / threads * Grain);
        var end = Math.Min(count, grains * (thread + 1) / threads * Grain);
        return (first + begin, end - begin);
    }

    /// <summary>Elements of a chunk: small enough to stay in a core's cache next to the inputs.</summary>
    public const int Grain = 1 << 17;

    /// <summary>All tensors are stored as this.</summary>
    public static DType Stored => DType.BF16;

    /// <inheritdoc/>
    public void Dispose() => _block.Dispose();
}

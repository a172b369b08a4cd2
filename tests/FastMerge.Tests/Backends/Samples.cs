using FastMerge.Backends;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>Inputs and side values for programs: ordinary numbers, and every special one.</summary>
sealed class Samples(int seed)
{
    static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon,
        1.1754942e-38f, float.MaxValue, float.MinValue, 65504f, 6e-5f, 448f, 0.0078125f,
    ];

    static readonly double[] SpecialDoubles =
    [
        1e300, -1e300, 1e-300, double.Epsilon, 1.0000000596046448, 3.4028235677973366e38, double.NaN, -1e-46, 1.4e-45,
    ];

    readonly Random _random = new(seed);

    /// <summary>A number below a limit.</summary>
    public int Next(int limit) => _random.Next(limit);

    /// <summary>A tensor; about one element in twenty is special, some are any bits, many are equal.</summary>
    public EncodedTensor Tensor(KernelDType dtype, int count, bool special = true)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = special && Next(20) == 0 ? Special[Next(Special.Length)] : Ordinary();
        var stored = EncodedTensor.Of(dtype, values);
        if (dtype == KernelDType.F64)
            for (var i = 0; i < count; i++)
                if (Next(2) == 0) BitConverter.TryWriteBytes(stored.Bytes.AsSpan(8 * i), Double(special));
        var size = ScalarCodec.Size(dtype);
        for (var i = 0; i < count && special; i++)
            if (Next(40) == 0) _random.NextBytes(stored.Bytes.AsSpan(size * i, size));
        return stored;
    }

    /// <summary>A run of a program over whole tensors.</summary>
    public ReferenceRun Run(
        ElementProgram program, int models, KernelDType input, int count, int rowLength = 0, long first = 0,
        bool special = true)
    {
        var k = Math.Max(models, 1);
        var block = program.Uniforms.Count + program.ModelUniforms.Count * k;
        var stride = rowLength == 0 ? 0 : block + 3;
        var rows = rowLength == 0 ? 1 : (int)((first + count) / rowLength - first / rowLength) + 1;
        return new()
        {
            Models = program.ReadsModels ? models : 0,
            Count = count,
            FirstElement = first,
            SingleInputs = program.ReadsBase ? [Tensor(input, count, special)] : [],
            ModelInputs = program.ReadsModels ? Tensors(models, input, count, special) : [],
            Uniforms = [.. Enumerable.Range(0, rowLength == 0 ? block : rows * stride).Select(_ => Uniform())],
            RowLength = rowLength,
            RowStride = stride,
            Arrays = [.. Enumerable.Range(0, program.Arrays.Count + program.ModelArrays.Count * k)
                .Select(i => Array(i % 2 == 0 ? 0 : 53 + 1000 * (i % 4), count))],
            Cuts = [.. program.Cuts.SelectMany(_ => Enumerable.Range(0, k)).Select(_ => Cut(first, count))],
            Randoms = [.. program.RandomDensities.SelectMany(_ => Masks(k, first))],
        };
    }

    EncodedTensor[] Tensors(int models, KernelDType dtype, int count, bool special) =>
        [.. Enumerable.Range(0, models).Select(_ => Tensor(dtype, count, special))];

    float Ordinary() => Next(4) == 0
        ? (Next(17) - 8) / 8f
        : (float)((_random.NextDouble() - 0.5) * Math.Pow(2, Next(8) - 4));

    /// <summary>Numbers from below 0 to above 1, some of them tiny.</summary>
    ReferenceArray Array(int period, int count) => new(
        [.. Enumerable.Range(0, period == 0 ? count : period)
            .Select(_ => Next(8) == 0 ? (float)Math.Pow(2, -Next(40)) : (float)(_random.NextDouble() * 1.2 - 0.1))],
        period);

    double Double(bool special) => special && Next(8) == 0
        ? SpecialDoubles[Next(SpecialDoubles.Length)]
        : (_random.NextDouble() - 0.5) * Math.Pow(2, Next(60) - 30);

    float Uniform() => Next(6) switch
    {
        0 => 0,
        1 => 1,
        _ => (float)(_random.NextDouble() * 2 - 0.7),
    };

    ElementCut Cut(long first, int count) => Next(6) switch
    {
        0 => ElementCut.Everything,
        1 => ElementCut.Nothing,
        2 => new(Next(2) == 0 ? 0x7f800000 : ScalarCodec.NaN32, first + count / 2),
        _ => new(ReferenceSelection.Magnitude(Ordinary()), first + Next(count + 1)),
    };

    IEnumerable<RandomMask> Masks(int models, long first) =>
        Enumerable.Range(0, models).Select(k => Mask((uint)k, first));

    /// <summary>A mask; its border may be the very word of an element.</summary>
    RandomMask Mask(uint model, long first)
    {
        var (seed, stream) = ((ulong)_random.NextInt64(), (ulong)_random.NextInt64());
        var drop = Next(6) switch
        {
            0 => 0ul,
            1 => 1ul << 32,
            2 => Philox.Word(seed, stream, model, first + 100),
            _ => (ulong)_random.NextInt64(1L << 32),
        };
        return new(seed, stream, drop, model);
    }
}

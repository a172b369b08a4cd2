using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Backends;

/// <summary>Where an array comes from: a side value of each column, the ranks of a tensor in its rows, or a
/// matrix.</summary>
readonly record struct ArraySource(Scalar? Column, Tensor? Ranked, Matrix? Matrix = null);

/// <summary>
/// Straight-line element-wise code with loops over the models, as the native library runs it, and the
/// symbols whose values a run has to supply.
/// </summary>
sealed record ElementProgram
{
    const uint Magic = 0x31504d46;
    const uint FormatVersion = 1;

    /// <summary>The instructions, in order.</summary>
    public required IReadOnlyList<Instruction> Instructions { get; init; }

    /// <summary>Kind bits of each register: 1 per model, 2 mask.</summary>
    public required IReadOnlyList<uint> Registers { get; init; }

    /// <summary>Constants of the code.</summary>
    public required IReadOnlyList<float> Literals { get; init; }

    /// <summary>Whether the base model's tensor is read.</summary>
    public required bool ReadsBase { get; init; }

    /// <summary>Whether the models' tensors are read.</summary>
    public required bool ReadsModels { get; init; }

    /// <summary>Side values that are one number.</summary>
    public required IReadOnlyList<Scalar> Uniforms { get; init; }

    /// <summary>Side values of each model.</summary>
    public required IReadOnlyList<Scalar> ModelUniforms { get; init; }

    /// <summary>Cuts of keep operations.</summary>
    public required IReadOnlyList<Cut> Cuts { get; init; }

    /// <summary>The densities of random masks.</summary>
    public required IReadOnlyList<Scalar> RandomDensities { get; init; }

    /// <summary>Values of each element that are not stored: by column, or ranks.</summary>
    public required IReadOnlyList<ArraySource> Arrays { get; init; }

    /// <summary>The same of each model.</summary>
    public required IReadOnlyList<ArraySource> ModelArrays { get; init; }

    /// <summary>What the reduction sinks add up, in sink order.</summary>
    public required IReadOnlyList<Reduction> Reductions { get; init; }

    /// <summary>What the histogram sinks count, in sink order.</summary>
    public required IReadOnlyList<Tensor> Histograms { get; init; }

    /// <summary>Number of outputs.</summary>
    public required int Outputs { get; init; }

    /// <summary>The program in the words of the C ABI.</summary>
    public uint[] ToWords()
    {
        uint[] head =
        [
            Magic, FormatVersion, (uint)Instructions.Count, (uint)Registers.Count,
            ReadsBase ? 1u : 0, ReadsModels ? 1u : 0, (uint)Uniforms.Count, (uint)ModelUniforms.Count,
            (uint)Cuts.Count, (uint)RandomDensities.Count, (uint)Literals.Count, (uint)Outputs,
            (uint)Reductions.Count, (uint)Histograms.Count, (uint)Arrays.Count, (uint)ModelArrays.Count,
        ];
        return
        [
            .. head, .. Registers, .. Literals.Select(BitConverter.SingleToUInt32Bits),
            .. Instructions.SelectMany(i => new[]
            {
                (uint)i.Op, (uint)i.Destination, i.A.Word, i.B.Word, i.C.Word, i.Immediate,
            }),
        ];
    }

    /// <summary>FNV-1a 64 over the words as little-endian bytes: the name of its generated kernels.</summary>
    public ulong Hash()
    {
        var hash = 0xcbf29ce484222325;
        foreach (var word in ToWords())
            for (var shift = 0; shift < 32; shift += 8)
                hash = (hash ^ ((word >> shift) & 0xff)) * 0x100000001b3;
        return hash;
    }
}

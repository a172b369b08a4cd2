using FastMerge.Core;

namespace FastMerge;

/// <summary>Which spectra are taken, and how; nothing here but the choice of tensors changes a result much: bits depend
/// on the threads.</summary>
public sealed record SpectrumOptions
{
    /// <summary>The base that is subtracted first; null takes the weights themselves.</summary>
    public string? Base { get; init; }

    /// <summary>A part of the names to look at, or with <c>*</c> and <c>?</c> a pattern of whole names; null is
    /// all.</summary>
    public string? Tensors { get; init; }

    /// <summary>Computing threads; null is one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Bytes that may be allocated; null is half of the free memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>How inputs are read.</summary>
    public InputMode Input { get; init; }
}

/// <summary>
/// The spectrum of one matrix, from singular values s_1 >= s_2 >= ... in binary64, good to about 1e-7 s_1.
/// </summary>
public sealed record MatrixSpectrumReport
{
    /// <summary>The shares of the energy for which <see cref="RankOf"/> has a rank.</summary>
    public static IReadOnlyList<double> EnergyShares { get; } = [0.5, 0.9, 0.95, 0.99];

    /// <summary>The tensor.</summary>
    public required string Name { get; init; }

    /// <summary>Which of the matrices of a stack of experts; null where there is one.</summary>
    public required long? Index { get; init; }

    /// <summary>Rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Columns.</summary>
    public required long Columns { get; init; }

    /// <summary>NaN and Inf; where there are any, the numbers below are 0.</summary>
    public required long NonFinite { get; init; }

    /// <summary>The sum of the singular values.</summary>
    public required double NuclearNorm { get; init; }

    /// <summary>The root of the sum of their squares.</summary>
    public required double FrobeniusNorm { get; init; }

    /// <summary>The largest.</summary>
    public required double SpectralNorm { get; init; }

    /// <summary>exp(-sum p_i log p_i) with p_i = s_i / sum s (Roy and Vetterli 2007).</summary>
    public required double EffectiveRank { get; init; }

    /// <summary>||A||_F^2 / s_1^2.</summary>
    public required double StableRank { get; init; }

    /// <summary>How many leading values hold each of <see cref="EnergyShares"/> of the sum of squares.</summary>
    public required IReadOnlyList<long> RankOf { get; init; }

    /// <summary>
    /// The share of the energy that the leading i/32 of the singular values hold, for i = 0 to 32.
    /// </summary>
    public required IReadOnlyList<double> EnergyCurve { get; init; }
}

/// <summary>The spectra of a model's matrices, or of its difference to a base.</summary>
public sealed record ModelSpectra
{
    /// <summary>The model as it was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>The base as it was asked for; null without one.</summary>
    public required string? Base { get; init; }

    /// <summary>The matrices, in natural order of names.</summary>
    public required IReadOnlyList<MatrixSpectrumReport> Matrices { get; init; }

    /// <summary>Tensors without a spectrum: vectors, and what only one model has.</summary>
    public required IReadOnlyList<string> Left { get; init; }

    /// <summary>The library and processor type that computed.</summary>
    public required string Library { get; init; }

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

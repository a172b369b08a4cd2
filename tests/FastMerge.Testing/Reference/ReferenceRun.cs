using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>Numbers of each element: repeated with a period from the tensor's start, or of the chunk if it is
/// 0.</summary>
sealed record ReferenceArray(float[] Values, int Period)
{
    /// <summary>The value of an element of a chunk.</summary>
    public float At(long firstElement, int element) =>
        Values[Period == 0 ? element : (firstElement + element) % Period];
}

/// <summary>What a program is run on: a chunk of each input and the side values; an fm_run in managed arrays.</summary>
sealed record ReferenceRun
{
    /// <summary>The number of models.</summary>
    public required int Models { get; init; }

    /// <summary>Elements of the chunk.</summary>
    public required int Count { get; init; }

    /// <summary>The tensor index of the chunk's first element.</summary>
    public long FirstElement { get; init; }

    /// <summary>The base model's chunk, if the program reads it.</summary>
    public IReadOnlyList<EncodedTensor> SingleInputs { get; init; } = [];

    /// <summary>The models' chunks.</summary>
    public IReadOnlyList<EncodedTensor> ModelInputs { get; init; } = [];

    /// <summary>Uniforms, then K values of each model uniform; for each row in turn.</summary>
    public IReadOnlyList<float> Uniforms { get; init; } = [];

    /// <summary>Elements of a row, or 0 without rows.</summary>
    public long RowLength { get; init; }

    /// <summary>Floats from one row's uniforms to the next row's.</summary>
    public int RowStride { get; init; }

    /// <summary>Cuts, entry k of cut s at s*K + k.</summary>
    public IReadOnlyList<ElementCut> Cuts { get; init; } = [];

    /// <summary>Random masks, entry k of mask s at s*K + k.</summary>
    public IReadOnlyList<RandomMask> Randoms { get; init; } = [];

    /// <summary>Arrays, then K of each model array.</summary>
    public IReadOnlyList<ReferenceArray> Arrays { get; init; } = [];

    /// <summary>Whether NaN and Inf inputs are read as 0.</summary>
    public bool ZeroNonFinite { get; init; }

    /// <summary>Where the uniforms of an element's row begin.</summary>
    public int UniformsOf(int element) => RowLength == 0
        ? 0
        : (int)((FirstElement + element) / RowLength - FirstElement / RowLength) * RowStride;
}

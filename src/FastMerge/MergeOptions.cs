using FastMerge.Core;

namespace FastMerge;

/// <summary>Where the merged tensors go.</summary>
public enum OutputSink
{
    /// <summary>A Hugging Face folder.</summary>
    Folder,

    /// <summary>Nowhere: measures reading and computing.</summary>
    Null,

    /// <summary>Into one hash of all tensors, which the report carries.</summary>
    Hash,
}

/// <summary>What computes.</summary>
public enum Backend
{
    /// <summary>What is known to be fastest: the CPU, unless a GPU is.</summary>
    Auto,

    /// <summary>The CPU.</summary>
    Cpu,

    /// <summary>An OpenCL device computes the elements of the output; all else stays on the CPU. The same
    /// bits.</summary>
    OpenCl,

    /// <summary>The same on a CUDA device; kernels are compiled by NVRTC.</summary>
    Cuda,
}

/// <summary>
/// How a merge runs. Only <see cref="Seed"/>, <see cref="NonFinite"/> = zero and, for the division into
/// files, <see cref="ShardBytes"/> change the result; everything else leaves every bit as it is.
/// </summary>
public sealed record MergeOptions
{
    /// <summary>What computes.</summary>
    public Backend Backend { get; init; }

    /// <summary>Which of the backend's devices, from 0.</summary>
    public int Device { get; init; }

    /// <summary>Computing threads; null is one for each processor.</summary>
    public int? Threads { get; init; }

    /// <summary>Bytes that the merge may allocate; null is half of the free memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Bytes of output in one unit of work: a power of two from 64 KiB; null follows the memory.</summary>
    public long? ChunkBytes { get; init; }

    /// <summary>Key of the random generator.</summary>
    public ulong Seed { get; init; }

    /// <summary>Bytes of tensor data in one output file at most; one larger tensor makes a file of its own.</summary>
    public long ShardBytes { get; init; } = 5_000_000_000;

    /// <summary>How inputs are read.</summary>
    public InputMode Input { get; init; }

    /// <summary>Bytes a second that are written at most; null is no limit.</summary>
    public long? WriteBytesPerSecond { get; init; }

    /// <summary>Continue an interrupted merge of the same plan.</summary>
    public bool Resume { get; init; }

    /// <summary>Replace an earlier merge in the output folder.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Vocabulary rows that differ are an error, not a warning.</summary>
    public bool Strict { get; init; }

    /// <summary>Unknown recipe keys are warnings, not errors.</summary>
    public bool Lenient { get; init; }

    /// <summary>Record full SHA-256 hashes of inputs and outputs.</summary>
    public bool Sha256 { get; init; }

    /// <summary>Where the result goes.</summary>
    public OutputSink Sink { get; init; }

    /// <summary>What happens with NaN and Inf.</summary>
    public NonFinitePolicy NonFinite { get; init; }

    /// <summary>Run element programs in the interpreter, not in generated kernels; the same bits, slower.</summary>
    public bool Interpret { get; init; }
}

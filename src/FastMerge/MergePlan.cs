namespace FastMerge;

/// <summary>What a merge will do, found from headers alone.</summary>
public sealed record MergePlan
{
    /// <summary>The merge method's name.</summary>
    public required string Method { get; init; }

    /// <summary>The base model as the recipe names it, if there is one.</summary>
    public required string? Base { get; init; }

    /// <summary>The models that are merged, as the recipe names them.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>The model whose config and tokenizer the output gets.</summary>
    public required string Donor { get; init; }

    /// <summary>The family of models that names and configuration show; null if none is known.</summary>
    public string? Family { get; init; }

    /// <summary>Merges of a recipe of several documents whose results are models of others, in order.</summary>
    public IReadOnlyList<string> Stages { get; init; } = [];

    /// <summary>Every tensor of the output and of the stages: what it is made of, and how. Made when it is asked
    /// for.</summary>
    public IEnumerable<TensorPlan> TensorPlans { get; init; } = [];

    /// <summary>The same, with equal tensors of several layers and experts in one line.</summary>
    public IEnumerable<TensorPlanGroup> TensorGroups { get; init; } = [];

    /// <summary>Number of output tensors.</summary>
    public required int Tensors { get; init; }

    /// <summary>Groups of tensors that go through the same passes.</summary>
    public required IReadOnlyList<PassGroup> Groups { get; init; }

    /// <summary>What is read of the whole model before the first tensor, in order; each is kept for a resume.</summary>
    public IReadOnlyList<PlannedPhase> Phases { get; init; } = [];

    /// <summary>Number of parameters of the output.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of tensor data that are written.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>Bytes that are read, each as often as a pass reads it.</summary>
    public required long InputBytes { get; init; }

    /// <summary>Output files; each is one unit of work and of resumption.</summary>
    public required IReadOnlyList<PlannedShard> Shards { get; init; }

    /// <summary>Bytes that may be allocated.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Bytes that the merge allocates at most.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Bytes of output that one unit of work computes.</summary>
    public required long ChunkBytes { get; init; }

    /// <summary>Computing threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Backend that computes.</summary>
    public required string Backend { get; init; }

    /// <summary>Key of the random generator.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Work on matrices as a whole; null without it.</summary>
    public PlannedMatrices? Matrices { get; init; }

    /// <summary>Bytes that the output folder will take on disk, and how many are free; null without one.</summary>
    public required DiskNeed? Disk { get; init; }

    /// <summary>What the user should know before starting.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Tensors that go through the same passes.</summary>
/// <param name="Passes">As in <c>select, map</c>; <c>copy</c> for tensors that are copied as they are.</param>
/// <param name="Tensors">Their number.</param>
/// <param name="InputBytes">Bytes their passes read.</param>
/// <param name="OutputBytes">Bytes of their results.</param>
/// <param name="Example">The first of them.</param>
public sealed record PassGroup(string Passes, int Tensors, long InputBytes, long OutputBytes, string Example);

/// <summary>A reading of all tensors that a method takes for one model, for values that it needs of all of
/// them.</summary>
/// <param name="Stage">The document, if it is not the one of the output.</param>
/// <param name="Method">The method.</param>
/// <param name="Pass"><c>select</c> for ranks and quantiles, <c>reduce</c> for sums.</param>
/// <param name="Tensors">The number of tensors.</param>
/// <param name="Parameters">Their elements.</param>
/// <param name="Readings">How often they are read.</param>
/// <param name="InputBytes">Bytes that all of this reads.</param>
public sealed record PlannedPhase(
    string? Stage, string Method, string Pass, int Tensors, long Parameters, long Readings, long InputBytes);

/// <summary>Work on matrices as a whole: singular values, polar factors and their like.</summary>
/// <param name="Tensors">Tensors that need it.</param>
/// <param name="MemoryBytes">Bytes of matrices in memory at most.</param>
/// <param name="SingleOperations">Floating-point operations in binary32.</param>
/// <param name="DoubleOperations">The same in binary64.</param>
/// <param name="SingleSpeed">Operations a second of matrix products in binary32, measured when the plan was
/// made.</param>
/// <param name="DoubleSpeed">The same in binary64.</param>
/// <param name="Seconds">The time that follows; reading and writing come beside it.</param>
/// <param name="Library">The library and the processor type it computes for.</param>
/// <param name="Threads">Threads that it may use.</param>
public sealed record PlannedMatrices(
    int Tensors, long MemoryBytes, double SingleOperations, double DoubleOperations, double SingleSpeed,
    double DoubleSpeed, double Seconds, string Library, int Threads);

/// <summary>An output file.</summary>
/// <param name="FileName">Its name in the output folder.</param>
/// <param name="Tensors">Tensors in it.</param>
/// <param name="Bytes">Its size.</param>
public sealed record PlannedShard(string FileName, int Tensors, long Bytes);

/// <summary>Space on the output's file system.</summary>
/// <param name="Needed">Bytes that the output takes.</param>
/// <param name="Free">Bytes that are free.</param>
public sealed record DiskNeed(long Needed, long Free);

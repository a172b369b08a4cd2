using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Engine.Sinks;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>What a run may take of the machine.</summary>
/// <param name="Threads">Computing threads.</param>
/// <param name="MemoryBytes">Bytes that may be allocated.</param>
/// <param name="ChunkBytes">The chunk, if it is given.</param>
/// <param name="Input">How inputs are read.</param>
sealed record RunLimits(int Threads, long MemoryBytes, int? ChunkBytes, InputMode Input)
{
    /// <summary>Whether chunks go through a device.</summary>
    public bool HasDevice { get; init; }

    /// <summary>What is given; else a thread for each processor, half of the free memory.</summary>
    public static RunLimits Of(int? threads, long? memoryBytes, long? chunkBytes, InputMode input) => new(
        threads ?? Environment.ProcessorCount, memoryBytes ?? HostMemory.FreeBytes / 2, (int?)chunkBytes, input);

    /// <summary>Divides the memory.</summary>
    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="whole">Bytes that the sink keeps of whole tensors at least.</param>
    /// <param name="matrices">Bytes of the matrices of each tensor; null is what its passes need.</param>
    /// <exception cref="FastMergeException">Resources: it is too little.</exception>
    public MemoryPlan Divide(
        IReadOnlyList<PlannedTensor> tensors, long whole = 0, IReadOnlyList<long>? matrices = null) =>
        MemoryPlan.Create(tensors, Input, Threads, MemoryBytes, ChunkBytes, whole, matrices, HasDevice);

    /// <summary>A run in such a division.</summary>
    public EngineOptions In(MemoryPlan memory) => EngineOptions.Of(memory, Threads, Input);
}

/// <summary>A run of the engine that writes no tensors: they are read for what is found in them.</summary>
sealed class EngineRun
{
    readonly MemoryPlan _memory;

    /// <summary>Divides the memory.</summary>
    /// <param name="tensors">What is read.</param>
    /// <param name="limits">What the run may take.</param>
    /// <param name="matrices">Bytes of the matrices of each tensor; null is what its passes need.</param>
    /// <exception cref="FastMergeException">Resources: the memory is too little.</exception>
    public EngineRun(
        IReadOnlyList<PlannedTensor> tensors, RunLimits limits, IReadOnlyList<long>? matrices = null)
    {
        _memory = limits.Divide(tensors, 0, matrices);
        Options = limits.In(_memory);
    }

    /// <summary>How the engine runs.</summary>
    public EngineOptions Options { get; }

    /// <summary>Reads.</summary>
    /// <param name="work">The readings.</param>
    /// <param name="inputs">The input files; the run fails if one of them changes meanwhile.</param>
    /// <param name="cancellation">Stops it at the next chunk.</param>
    public void Run(
        Func<EngineResources, IEnumerable<TensorTask?>> work, InputSet inputs, CancellationToken cancellation)
    {
        using (var engine = new MergeEngine(
            work, inputs, new NullSink(), Options, _memory, new EngineCounters(), cancellation))
            engine.Run(cancellation);
        inputs.CheckUnchanged();
    }
}

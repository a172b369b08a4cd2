using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>How a merge divides the memory it may allocate.</summary>
/// <param name="ChunkBytes">Bytes of output of one chunk.</param>
/// <param name="ActiveTensors">Tensors under way at once.</param>
/// <param name="Readers">Threads that fetch.</param>
/// <param name="Writers">Threads that write.</param>
/// <param name="ReadAhead">Chunks fetched ahead.</param>
/// <param name="WriteBehind">Chunks that wait for being written.</param>
/// <param name="FetchBufferBytes">Bytes of a buffer for a chunk's inputs; 0 when they are mapped.</param>
/// <param name="StageBytes">Bytes of the stages below a chunk, on each computing thread; 0 without stages.</param>
/// <param name="PeakBytes">Bytes allocated at most.</param>
sealed record MemoryPlan(
    int ChunkBytes, int ActiveTensors, int Readers, int Writers, int ReadAhead, int WriteBehind, long FetchBufferBytes,
    long StageBytes, long PeakBytes)
{
    /// <summary>The smallest chunk; also the block that hashes and resumption count in.</summary>
    public const int SmallestChunk = 64 << 10;

    /// <summary>The largest chunk.</summary>
    public const int LargestChunk = 64 << 20;

    const int UsualChunk = 1 << 20;

    /// <summary>The first division, from generous to frugal, that fits the budget.</summary>
    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="input">How inputs are read.</param>
    /// <param name="threads">Computing threads.</param>
    /// <param name="budget">Bytes that may be allocated.</param>
    /// <param name="chunkBytes">The chunk, if it is given.</param>
    /// <param name="whole">Bytes that the sink keeps of whole tensors at least.</param>
    /// <exception cref="FastMergeException">Resources: the least that would do is more than the budget.</exception>
    public static MemoryPlan Create(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, long budget, int? chunkBytes, long whole)
    {
        var phases = ModelPhases.Of(tensors);
        var state = StateMemory.LargestOfTensor(phases.AllTensors, threads);
        var fixedBytes = whole + StateMemory.OfPhases(phases.Phases, threads);
        MemoryPlan? plan = null;
        foreach (var active in new[] { threads + 2, threads, 1 }.Distinct().Where(a => a > 0))
            for (var chunk = chunkBytes ?? UsualChunk; chunk >= (chunkBytes ?? SmallestChunk); chunk /= 2)
            {
                plan = Of(phases.AllTensors, input, threads, active, chunk, state, fixedBytes);
                if (plan.PeakBytes <= budget) return plan;
            }
        throw new FastMergeException(FailureKind.Resources,
            $"memory {ByteSize.Format(budget)} is not enough: this merge needs at least "
            + $"{ByteSize.Format(plan!.PeakBytes)} with {threads} threads; fewer threads or "
            + $"--memory {(plan.PeakBytes + (1 << 20) - 1) >> 20}MiB would do");
    }

    static MemoryPlan Of(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, int active, int chunk, long state,
        long fixedBytes)
    {
        var readers = input switch { InputMode.Mapped => 1, InputMode.Read => 2, _ => 4 };
        var writers = Math.Max(1, threads / 2);
        var (ahead, behind) = (active == 1 ? 1 : threads + 2, active == 1 ? 1 : threads + 2);
        var fetch = input == InputMode.Mapped || tensors.Count == 0 ? 0 : tensors.Max(t => FetchBytes(t, chunk));
        var stages = tensors.Select(t => FetchedChunk.StageBytes(t, Elements(t, chunk))).DefaultIfEmpty(0).Max();
        var peak = (long)(threads + behind + writers) * chunk + (threads + ahead + readers) * fetch + threads * stages
            + active * state + fixedBytes;
        return new(chunk, active, readers, writers, ahead, behind, fetch, stages, peak);
    }

    static long Elements(PlannedTensor tensor, int chunk) =>
        Math.Min(chunk * 8L / tensor.Output.DType.Bits(), tensor.Output.ElementCount);

    static long FetchBytes(PlannedTensor tensor, int chunk) => FetchedChunk.BufferBytes(tensor.StoredInputs.Select(i =>
        tensor.Work is null && tensor.Models[0] is StoredSource
            ? Math.Min(chunk, tensor.Output.ByteCount)
            : Elements(tensor, chunk) * i.Spec.DType.Bits() / 8));
}

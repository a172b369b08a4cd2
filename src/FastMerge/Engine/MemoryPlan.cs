using System.Numerics;
using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>How a merge divides the memory it may allocate.</summary>
/// <param name="ChunkBytes">Bytes of output of one chunk.</param>
/// <param name="ActiveTensors">Tensors under way at once.</param>
/// <param name="Readers">Threads that fetch.</param>
/// <param name="Writers">Threads that write.</param>
/// <param name="ReadAhead">Chunks fetched ahead.</param>
/// <param name="WriteBehind">Chunks that wait for being written.</param>
/// <param name="FetchBufferBytes">Bytes of a buffer for a chunk's inputs; 0 when they are mapped.</param>
/// <param name="PeakBytes">Bytes allocated at most.</param>
sealed record MemoryPlan(
    int ChunkBytes, int ActiveTensors, int Readers, int Writers, int ReadAhead, int WriteBehind, long FetchBufferBytes,
    long PeakBytes)
{
    /// <summary>The smallest chunk; also the block that hashes and resumption count in.</summary>
    public const int SmallestChunk = 64 << 10;

    /// <summary>The largest chunk.</summary>
    public const int LargestChunk = 64 << 20;

    const int UsualChunk = 1 << 20;
    const int LargestRankedChunk = 1 << 30;

    /// <summary>The first division, from generous to frugal, that fits the budget.</summary>
    /// <param name="tensors">The tensors.</param>
    /// <param name="input">How inputs are read.</param>
    /// <param name="threads">Computing threads.</param>
    /// <param name="budget">Bytes that may be allocated.</param>
    /// <param name="chunkBytes">The chunk, if it is given.</param>
    /// <param name="whole">Bytes that the sink keeps of whole tensors at least.</param>
    /// <exception cref="FastMergeException">Resources: the least that would do is more than the budget.</exception>
    public static MemoryPlan Create(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, long budget, int? chunkBytes, long whole)
    {
        foreach (var tensor in tensors) tensor.Work?.Passes.CheckRows(tensor);
        var state = LargestState(tensors, threads);
        var least = LeastChunk(tensors);
        MemoryPlan? plan = null;
        foreach (var active in new[] { threads + 2, threads, 1 }.Distinct().Where(a => a > 0))
            for (var chunk = chunkBytes ?? Math.Max(UsualChunk, least); chunk >= (chunkBytes ?? least); chunk /= 2)
            {
                plan = Of(tensors, input, threads, active, chunk, state, whole);
                if (plan.PeakBytes <= budget) return plan;
            }
        throw new FastMergeException(FailureKind.Resources,
            $"memory {ByteSize.Format(budget)} is not enough: this merge needs at least "
            + $"{ByteSize.Format(plan!.PeakBytes)} with {threads} threads; fewer threads or "
            + $"--memory {(plan.PeakBytes + (1 << 20) - 1) >> 20}MiB would do");
    }

    static MemoryPlan Of(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, int active, int chunk, long state,
        long whole)
    {
        var readers = input switch { InputMode.Mapped => 1, InputMode.Read => 2, _ => 4 };
        var writers = Math.Max(1, threads / 2);
        var (ahead, behind) = (active == 1 ? 1 : threads + 2, active == 1 ? 1 : threads + 2);
        var fetch = input == InputMode.Mapped || tensors.Count == 0 ? 0 : tensors.Max(t => FetchBytes(t, chunk));
        var ranks = tensors.Count == 0 ? 0 : tensors.Max(t => RankBytes(t, chunk));
        var peak = (long)(threads + behind + writers) * chunk + (threads + ahead + readers) * fetch + active * state
            + threads * ranks + whole;
        return new(chunk, active, readers, writers, ahead, behind, fetch, peak);
    }

    static long FetchBytes(PlannedTensor tensor, int chunk)
    {
        var elements = ReadElements(tensor, chunk);
        return FetchedChunk.BufferBytes(tensor.Inputs.Select(i => tensor.Work is null
            ? Math.Min(chunk, tensor.Output.ByteCount)
            : elements * i.Spec.DType.Bits() / 8));
    }

    /// <summary>The elements of a chunk, or of all rows that it has a part of where rows are ranked.</summary>
    static long ReadElements(PlannedTensor tensor, int chunk)
    {
        var elements = chunk * 8L / tensor.Output.DType.Bits();
        if (IsRanked(tensor)) elements += 2 * Math.Max(0, tensor.RowLength - 1);
        return Math.Min(elements, tensor.Output.ElementCount);
    }

    /// <summary>What a thread needs for the ranks of a chunk's rows.</summary>
    static long RankBytes(PlannedTensor tensor, int chunk) => !IsRanked(tensor) ? 0
        : tensor.Work!.Passes.Ranked.Sum(r => (long)RowRanks.Arrays(r, tensor.Models.Length))
            * ReadElements(tensor, chunk) * sizeof(float) + CompiledProgram.RankBytes(tensor.RowLength);

    /// <summary>A chunk is not shorter than a row that is ranked: each chunk ranks its rows anew.</summary>
    static int LeastChunk(IReadOnlyList<PlannedTensor> tensors)
    {
        var row = tensors.Where(IsRanked).Select(t => t.RowLength * t.Output.DType.Bits() / 8)
            .DefaultIfEmpty(0).Max();
        return (int)Math.Min(
            LargestRankedChunk, BitOperations.RoundUpToPowerOf2((ulong)Math.Max(row, SmallestChunk)));
    }

    static bool IsRanked(PlannedTensor tensor) => tensor.Work?.Passes.Ranked.Count > 0;

    /// <summary>The most that selections and reductions of one tensor allocate.</summary>
    static long LargestState(IReadOnlyList<PlannedTensor> tensors, int threads) => tensors
        .Where(t => t.Work is not null)
        .Select(t => (t.Work!.Passes, Models: t.Models.Length, Elements: t.Output.ElementCount, t.RowLength, t.ColumnCount))
        .Distinct()
        .Select(t => t.Passes.Before.Sum(p => StateBytes(p, t.Models, t.Elements, t.RowLength, t.ColumnCount, threads))
            + ColumnBytes(t.Passes, t.Models, t.ColumnCount))
        .DefaultIfEmpty(0).Max();

    /// <summary>The most that side values by column take as arrays of the pass they are used in.</summary>
    static long ColumnBytes(TensorPasses passes, int models, long columns) =>
        passes.Before.Any(p => p is ReducePass { Scope: Scope.Column })
            ? 2 * columns * (passes.ColumnValues + passes.ModelColumnValues * models) * sizeof(float) : 0;

    static long StateBytes(Pass pass, int models, long elements, long rowLength, long columns, int threads)
    {
        if (pass is SelectPass select)
        {
            var entries = select.Sources.Count * Math.Max(1, models);
            return Selection.Bytes(entries, select.Cuts.Count * Math.Max(1, models), elements, threads);
        }
        var reduce = (ReducePass)pass;
        var width = reduce.Reductions.Sum(r => r.Width(models));
        if (reduce.Scope == Scope.Column) return 2 * columns * width * sizeof(double);
        var results = reduce.Scope == Scope.Row
            ? 2 * Math.Max(elements / Math.Max(1, rowLength), elements * 8 / SmallestChunk)
            : elements * 8 / SmallestChunk;
        return (results + 1) * width * sizeof(double);
    }
}

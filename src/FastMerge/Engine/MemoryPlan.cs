using System.Numerics;
using FastMerge.Backends;
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
/// <param name="MatrixBytes">Bytes of matrices under way.</param>
/// <param name="PeakBytes">Bytes allocated at most.</param>
sealed record MemoryPlan(
    int ChunkBytes, int ActiveTensors, int Readers, int Writers, int ReadAhead, int WriteBehind, long FetchBufferBytes,
    long StageBytes, long MatrixBytes, long PeakBytes)
{
    /// <summary>The smallest chunk; also the block that hashes and resumption count in.</summary>
    public const int SmallestChunk = 64 << 10;

    /// <summary>The largest chunk.</summary>
    public const int LargestChunk = 64 << 20;

    const int UsualChunk = 1 << 20;
    const int LargestRankedChunk = 1 << 30;

    /// <summary>The first division, from generous to frugal, that fits the budget.</summary>
    /// <param name="tensors">The tensors of the output.</param>
    /// <param name="input">How inputs are read.</param>
    /// <param name="threads">Computing threads.</param>
    /// <param name="budget">Bytes that may be allocated.</param>
    /// <param name="chunkBytes">The chunk, if it is given.</param>
    /// <param name="whole">Bytes that the sink keeps of whole tensors at least.</param>
    /// <param name="matrixBytes">Bytes of the matrices of each tensor; null is what its passes need.</param>
    /// <param name="hasDevice">Whether chunks go through a device.</param>
    /// <exception cref="FastMergeException">Resources: the least that would do is more than the budget.</exception>
    public static MemoryPlan Create(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, long budget, int? chunkBytes, long whole,
        IReadOnlyList<long>? matrixBytes = null, bool hasDevice = false)
    {
        var phases = ModelPhases.Of(tensors);
        foreach (var tensor in phases.AllTensors) tensor.Work?.Passes.CheckRows(tensor);
        var least = LeastChunk(phases.AllTensors);
        var state = StateMemory.LargestOfTensor(phases.AllTensors, threads);
        var fixedBytes = whole + StateMemory.OfPhases(phases.Phases, threads);
        var read = tensors.Concat(phases.Phases.SelectMany(p => p.Tensors));
        long[] matrices = [.. (matrixBytes
            ?? [.. read.Distinct<PlannedTensor>(ReferenceEqualityComparer.Instance).Select(MatrixMemory.Of)])
            .Where(b => b > 0).OrderDescending().Take(threads + 2)];
        MemoryPlan? plan = null;
        foreach (var active in new[] { threads + 2, threads, 1 }.Distinct().Where(a => a > 0))
            for (var chunk = chunkBytes ?? Math.Max(UsualChunk, least); chunk >= (chunkBytes ?? least); chunk /= 2)
            {
                plan = Of(phases.AllTensors, input, threads, active, chunk, state, fixedBytes, hasDevice)
                    .With(matrices.FirstOrDefault());
                if (plan.PeakBytes > budget) continue;
                // Matrices of several tensors at once, as far as memory goes.
                return plan.With(Math.Min(matrices.Take(active).Sum() - plan.MatrixBytes, budget - plan.PeakBytes));
            }
        throw new FastMergeException(FailureKind.Resources,
            $"memory {ByteSize.Format(budget)} is not enough: this merge needs at least "
            + $"{ByteSize.Format(plan!.PeakBytes)} with {threads} threads; fewer threads or "
            + $"--memory {(plan.PeakBytes + (1 << 20) - 1) >> 20}MiB would do");
    }

    static MemoryPlan Of(
        IReadOnlyList<PlannedTensor> tensors, InputMode input, int threads, int active, int chunk, long state,
        long fixedBytes, bool hasDevice)
    {
        var readers = input switch { InputMode.Mapped => 1, InputMode.Read => 2, _ => 4 };
        var writers = Math.Max(1, threads / 2);
        var (ahead, behind) = (active == 1 ? 1 : threads + 2, active == 1 ? 1 : threads + 2);
        var fetch = input == InputMode.Mapped || tensors.Count == 0 ? 0 : tensors.Max(t => FetchBytes(t, chunk));
        var stages = tensors.Select(t => FetchedChunk.StageBytes(t, Elements(t, chunk))).DefaultIfEmpty(0).Max();
        var ranks = tensors.Select(t => RankBytes(t, chunk)).DefaultIfEmpty(0).Max();
        var peak = (long)(threads + behind + writers) * chunk + (threads + ahead + readers) * fetch
            + threads * (stages + ranks) + active * state + fixedBytes
            + (tensors.Any(t => t.Updates.Any()) ? readers * AdapterState.LoadBytes : 0)
            + (hasDevice ? threads * tensors.Select(t => DeviceBytes(t, chunk)).DefaultIfEmpty(0).Max() : 0);
        return new(chunk, active, readers, writers, ahead, behind, fetch, stages, 0, peak);
    }

    MemoryPlan With(long matrixBytes) =>
        this with { MatrixBytes = MatrixBytes + matrixBytes, PeakBytes = PeakBytes + matrixBytes };

    /// <summary>The elements of a chunk, or of all rows that it has a part of where rows are ranked or
    /// scaled.</summary>
    static long Elements(PlannedTensor tensor, int chunk)
    {
        var elements = chunk * 8L / tensor.Output.DType.Bits() + 2 * Math.Max(0, WholeRow(tensor) - 1);
        return Math.Min(elements, tensor.Output.ElementCount);
    }

    /// <summary>The elements that chunks of a tensor, or of a stage below it, need whole multiples of.</summary>
    static long WholeRow(PlannedTensor tensor) => tensor.Updates.Select(u => u.RowLength)
        .Append(Ranks(tensor) ? tensor.RowLength : 1).Concat(tensor.Stages.Select(WholeRow)).Max();

    static bool Ranks(PlannedTensor tensor) => tensor.Work?.Passes.Ranked.Count > 0;

    /// <summary>What a chunk takes on its way through a device, in the host's memory, where devices may have theirs
    /// too.</summary>
    static long DeviceBytes(PlannedTensor tensor, int chunk)
    {
        const long Others = 1 << 20;
        var elements = Elements(tensor, chunk);
        var arrays = (tensor.Work?.Passes.Ranked.Count ?? 0) * tensor.Models.Length + 1;
        return Others + 2 * (chunk + elements * (sizeof(float) * arrays
            + tensor.Inputs.Sum(i => i.Spec.DType.Bits() / 8)));
    }

    /// <summary>What a thread needs for the ranks of a chunk's rows.</summary>
    static long RankBytes(PlannedTensor tensor, int chunk) => !Ranks(tensor) ? 0
        : tensor.Work!.Passes.Ranked.Sum(r => (long)RowRanks.Arrays(r, tensor.Models.Length))
            * Elements(tensor, chunk) * sizeof(float) + CompiledProgram.RankBytes(tensor.RowLength);

    /// <summary>Where rows are ranked or scaled a chunk is not shorter than a row: each takes its rows anew.</summary>
    static int LeastChunk(IReadOnlyList<PlannedTensor> tensors)
    {
        var row = tensors.Select(t => WholeRow(t) * t.Output.DType.Bits() / 8).DefaultIfEmpty(0).Max();
        return (int)Math.Min(LargestRankedChunk, BitOperations.RoundUpToPowerOf2((ulong)Math.Max(row, SmallestChunk)));
    }

    static long FetchBytes(PlannedTensor tensor, int chunk) => FetchedChunk.BufferBytes(
        tensor.StreamedInputs.Select(i => tensor.Work is null && tensor.Models[0] is StoredSource
            ? Math.Min(chunk, tensor.Output.ByteCount)
            : Elements(tensor, chunk) * i.Spec.DType.Bits() / 8));
}

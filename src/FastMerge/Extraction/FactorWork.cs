using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Engine;

namespace FastMerge.Extraction;

/// <summary>What is known of a weight's difference, and what is wanted of it.</summary>
sealed class WeightTask(DifferingWeight weight, int rank)
{
    /// <summary>The weight.</summary>
    public DifferingWeight Weight => weight;

    /// <summary>Triplets that are looked for at most.</summary>
    public int MostTriplets { get; } = (int)Math.Min(rank, weight.Sides);

    /// <summary>What was found.</summary>
    public DifferenceSpectrum? Found { get; set; }

    /// <summary>The rank that was written.</summary>
    public int Rank { get; set; }
}

/// <summary>
/// Takes each difference into memory, finds its leading triplets and, with somewhere to write, writes the factors
/// B sqrt(S) and sqrt(S) A of the rank that is wanted.
/// </summary>
/// <param name="tasks">The weights.</param>
/// <param name="options">What is wanted.</param>
/// <param name="engine">How the engine runs.</param>
/// <param name="file">Where factors go; null to find values alone.</param>
sealed class FactorWork(
    IReadOnlyList<WeightTask> tasks, ExtractOptions options, EngineOptions engine, FactorFile? file)
{
    const int LeastOversampling = 4;

    /// <summary>The readings.</summary>
    public IEnumerable<TensorTask?> Tasks(EngineResources resources)
    {
        var sweeps = new TensorSweeps(resources, new ModelValues(), engine, _ => { });
        foreach (var task in tasks.OrderByDescending(t => t.Weight.Rows * t.Weight.Columns))
            yield return new(null, task.Weight.Difference, t => Read(sweeps, resources.Matrices, t, task))
            { MatrixBytes = MemoryOf(task, options) };
    }

    /// <summary>Bytes that a weight takes while it is worked on.</summary>
    public static long MemoryOf(WeightTask task, ExtractOptions options) =>
        FactorMemory.BytesOf(task, options.DType) + WorkBytes(task, options) + MatrixMemory.Of(task.Weight.Difference);

    /// <summary>All values are needed where an energy is given, or where the leading ones are not few.</summary>
    static bool TakesAll(WeightTask task, ExtractOptions options) =>
        options.Energy is not null || LeastOversampling * (long)task.MostTriplets >= task.Weight.Sides;

    static long WorkBytes(WeightTask task, ExtractOptions options) => TakesAll(task, options)
        ? MatrixArena.SpectrumBytes(task.Weight.Rows, task.Weight.Columns, task.MostTriplets)
        : MatrixArena.SubspaceBytes(task.Weight.Rows, task.Weight.Columns, task.MostTriplets);

    IEnumerable<Sweep> Read(TensorSweeps sweeps, MatrixPool pool, TensorTask task, WeightTask weight)
    {
        var state = new TensorState(weight.Weight.Difference, 0);
        foreach (var sweep in sweeps.Prepare(state, task.Name)) yield return sweep;
        var count = weight.Weight.Rows * weight.Weight.Columns;
        var block = pool.RentBlock(FactorMemory.BytesOf(weight, options.DType));
        var arena = pool.RentArena(WorkBytes(weight, options), MatrixMemory.Threads(count, engine.Threads));
        var memory = new FactorMemory(weight, block, options.DType);
        using var experts = weight.Weight.IsStack && file is not null
            ? new ExpertFactors(weight, memory, file, options.DType) : null;
        var found = new DifferenceSpectrum[weight.Weight.Count];
        try
        {
            for (var i = 0; i < found.Length; i++)
            {
                var index = i;
                var load = new LoadSweep(memory.Difference.Data, i * count)
                {
                    State = state,
                    Grid = ChunkGrid.Aligned(new(i * count, count), engine.ChunkBytes / sizeof(float)),
                };
                yield return load;
                if (load.NonFinite.Outputs > 0)
                    throw new FastMergeException(FailureKind.NonFinite, $"{task.Name}: {load.NonFinite.Outputs} NaN or "
                        + "Inf in the difference of the models; accepted: finite weights, or the module excluded");
                yield return new StepSweep(worker =>
                {
                    found[index] = Decompose(weight, memory, arena);
                    experts?.Keep(index, found[index]);
                    if (index + 1 < found.Length) return;
                    weight.Found = found.Length == 1 ? found[0] : DifferenceSpectrum.Of(found);
                    Choose(weight);
                    if (weight.Rank == 0 || file is null) return;
                    var encode = new FactorEncoding(sweeps, worker, options.DType);
                    if (experts is not null) experts.Write(weight.Rank, encode);
                    else Write(weight, memory, encode);
                }, state);
            }
        }
        finally
        {
            pool.Return(arena);
            pool.Return(block);
            state.Release();
        }
    }

    /// <summary>Finds the leading triplets of what was loaded.</summary>
    DifferenceSpectrum Decompose(WeightTask task, FactorMemory memory, MatrixArena arena)
    {
        var bytes = (task.Weight.Rows + task.Weight.Columns) * options.DType.Bits() / 8;
        if (!TakesAll(task, options))
        {
            var (values, energy) = arena.Subspace(
                memory.Difference, task.MostTriplets, options.Steps, options.Seed, memory.Left, memory.Right);
            return new(values, energy, bytes);
        }
        using var spectrum = arena.Spectrum(memory.Difference, precise: true);
        if (file is not null) spectrum.Vectors(memory.Left, memory.Right);
        return new(spectrum.Values, spectrum.Values.Sum(s => s * s), bytes);
    }

    /// <summary>The rank that is written: nothing where values alone are looked for.</summary>
    void Choose(WeightTask task)
    {
        var wanted = options.Energy is { } part ? task.Found!.RankFor(part) : task.Found!.Count;
        task.Rank = file is null ? 0 : Math.Min(task.MostTriplets, wanted);
    }

    void Write(WeightTask task, FactorMemory memory, FactorEncoding encode)
    {
        var (left, right) = memory.Rooted(task.Found!, task.Rank);
        var (inputs, outputs) = task.Weight.IsTurned ? (left, right) : (right, left);
        var specs = task.Weight.Factors(task.Rank, options.DType);
        MatrixArena.Add(1, inputs, true, 0, new(memory.Packed, task.Rank, inputs.Rows));
        file!.Append(specs[0], encode.Of(memory.Packed, specs[0].ElementCount, memory.Encoded));
        MatrixArena.Add(1, outputs, false, 0, new(memory.Packed, outputs.Rows, task.Rank));
        file.Append(specs[1], encode.Of(memory.Packed, specs[1].ElementCount, memory.Encoded));
    }
}

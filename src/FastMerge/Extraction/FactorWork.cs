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
sealed unsafe class FactorWork(
    IReadOnlyList<WeightTask> tasks, ExtractOptions options, EngineOptions engine, FactorFile? file)
{
    const long Alignment = 4096;
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
        new Places(task, options.DType).Bytes + WorkBytes(task, options) + MatrixMemory.Of(task.Weight.Difference);

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
        var places = new Places(weight, options.DType);
        var count = weight.Weight.Rows * weight.Weight.Columns;
        var memory = pool.RentBlock(places.Bytes);
        var arena = pool.RentArena(WorkBytes(weight, options), MatrixMemory.Threads(count, engine.Threads));
        try
        {
            var load = new LoadSweep(Address(memory), 0)
            { State = state, Grid = ChunkGrid.Aligned(new(0, count), engine.ChunkBytes / sizeof(float)) };
            yield return load;
            if (load.NonFinite.Outputs > 0)
                throw new FastMergeException(FailureKind.NonFinite, $"{task.Name}: {load.NonFinite.Outputs} NaN or Inf "
                    + "in the difference of the models; accepted: finite weights, or the module excluded");
            yield return new StepSweep(
                worker => Decompose(weight, places, memory, arena, sweeps, worker), state);
        }
        finally
        {
            pool.Return(arena);
            pool.Return(memory);
            state.Release();
        }
    }

    static nint Address(NativeBlock memory) => (nint)memory.Data;

    void Decompose(
        WeightTask task, Places places, NativeBlock memory, MatrixArena arena, TensorSweeps sweeps, Worker worker)
    {
        var (weight, most) = (task.Weight, task.MostTriplets);
        var d = new MatrixView(Address(memory), weight.Rows, weight.Columns);
        var u = new MatrixView(Address(memory) + (nint)places.Left, weight.Rows, most);
        var v = new MatrixView(Address(memory) + (nint)places.Right, weight.Columns, most);
        var bytes = (weight.Rows + weight.Columns) * options.DType.Bits() / 8;
        if (TakesAll(task, options))
        {
            using var spectrum = arena.Spectrum(d, precise: true);
            task.Found = new(spectrum.Values, spectrum.Values.Sum(s => s * s), bytes);
            if (file is not null) spectrum.Vectors(u, v);
        }
        else
        {
            var (values, energy) = arena.Subspace(d, most, options.Steps, options.Seed, u, v);
            task.Found = new(values, energy, bytes);
        }
        if (file is null) return;
        var wanted = options.Energy is { } part ? task.Found.RankFor(part) : task.Found.Count;
        task.Rank = Math.Min(most, wanted);
        if (task.Rank == 0) return;
        double[] roots = [.. task.Found.Values.Take(task.Rank).Select(Math.Sqrt)];
        var (left, right) = (u.ColumnsFrom(0, task.Rank), v.ColumnsFrom(0, task.Rank));
        MatrixArena.Scale(left, [], roots);
        MatrixArena.Scale(right, [], roots);
        var (inputs, outputs) = weight.IsTurned ? (left, right) : (right, left);
        var specs = weight.Factors(task.Rank, options.DType);
        var packed = Address(memory) + (nint)places.Packed;
        MatrixArena.Add(1, inputs, true, 0, new(packed, task.Rank, inputs.Rows));
        Write(specs[0], packed, memory.Data + places.Encoded, sweeps, worker);
        MatrixArena.Add(1, outputs, false, 0, new(packed, outputs.Rows, task.Rank));
        Write(specs[1], packed, memory.Data + places.Encoded, sweeps, worker);
    }

    void Write(TensorSpec spec, nint values, byte* encoded, TensorSweeps sweeps, Worker worker)
    {
        var count = spec.ElementCount;
        var state = new TensorState(ExtractionPlan.Encoded(spec.Name, count, spec.DType), 0);
        foreach (var _ in sweeps.Prepare(state, spec.Name)) { }
        var model = (byte*)values;
        state.Compute(new(0, count), new() { Models = &model }, encoded, worker);
        file!.Append(spec, new(encoded, checked((int)spec.ByteCount)));
    }

    /// <summary>Where the parts are in the memory of a weight: the difference first.</summary>
    readonly struct Places
    {
        public Places(WeightTask task, DType dtype)
        {
            var (rows, columns, rank) = (task.Weight.Rows, task.Weight.Columns, (long)task.MostTriplets);
            var longest = rank * Math.Max(rows, columns);
            Left = Round(rows * columns * sizeof(float));
            Right = Left + Round(rows * rank * sizeof(float));
            Packed = Right + Round(columns * rank * sizeof(float));
            Encoded = Packed + Round(longest * sizeof(float));
            Bytes = Encoded + Round(longest * dtype.Bits() / 8);
        }

        public long Left { get; }

        public long Right { get; }

        public long Packed { get; }

        public long Encoded { get; }

        public long Bytes { get; }

        static long Round(long bytes) => (bytes + Alignment - 1) & -Alignment;
    }
}

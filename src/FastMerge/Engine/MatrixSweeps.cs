using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Engine;

/// <summary>
/// The readings of a matrix pass: for each matrix of the tensor what its program loads, streamed into memory, and
/// between these the steps that compute.
/// </summary>
sealed class MatrixSweeps(TensorSweeps sweeps, MatrixPool pool, EngineOptions options, Action<string> warn)
{
    /// <summary>Runs a program; the state has its results afterwards.</summary>
    public IEnumerable<Sweep> Run(TensorState state, string name, MatrixProgram program)
    {
        var layout = MatrixLayout.Of(program);
        var threads = MatrixMemory.Threads(program, options.Threads);
        var count = program.CountIn(state.Tensor);
        var loads = program.Loads.ToDictionary(
            l => l, l => new TensorState(MatrixLoads.TensorOf(state.Tensor, program, l), options.Seed));
        var memory = pool.RentBlock(layout.Bytes);
        var arena = pool.RentArena(layout.WorkBytes, threads);
        var all = count > 1 ? pool.RentBlock(MatrixMemory.ResultBytes(state.Tensor, program)) : null;
        try
        {
            for (long i = 0; i < count; i++)
            {
                var run = new MatrixRun(program, layout, memory, arena, sweeps, state);
                foreach (var sweep in RunOne(run, state, name, loads, new(i * program.Elements, program.Elements)))
                    yield return sweep;
                if (all is not null) run.CopyResults(all, i, count);
            }
            state.Matrices = all is not null
                ? new(program.Results, m => MatrixRun.PlaceIn(program, all, m, 0, count), all, pool)
                : new(program.Results, m => MatrixRun.PlaceIn(memory, layout, m), memory, pool);
        }
        finally
        {
            foreach (var load in loads.Values) load.Release();
            if (program.Factors.Any()) state.ReleaseFactors();
            pool.Return(arena);
            if (state.Matrices is null)
            {
                pool.Return(memory);
                if (all is not null) pool.Return(all);
            }
            else if (all is not null) pool.Return(memory);
        }
    }

    /// <summary>Runs a program that loads factors alone, for one of the matrices of a tensor.</summary>
    public IEnumerable<Sweep> RunOne(MatrixRun run, TensorState state, string name, ElementRange range) =>
        RunOne(run, state, name, [], range);

    IEnumerable<Sweep> RunOne(
        MatrixRun run, TensorState state, string name, Dictionary<LoadStep, TensorState> loads, ElementRange range)
    {
        long odd = 0;
        foreach (var part in run.Parts)
        {
            if (part is [LoadStep load])
            {
                foreach (var sweep in sweeps.Prepare(loads[load], name)) yield return sweep;
                var reading = new LoadSweep(run.Place(load.Outputs[0]), range.First)
                {
                    State = loads[load],
                    Grid = ChunkGrid.Aligned(range, options.ChunkBytes / sizeof(float)),
                };
                yield return reading;
                odd += reading.NonFinite.Outputs;
                state.NonFinite = new(state.NonFinite.Inputs + reading.NonFinite.Inputs, 0);
            }
            else if (part is [FactorStep factor])
            {
                var adapter = state.Adapters[state.Sources.Length - state.Models.Length + factor.Model]!;
                yield return new StepSweep(
                    _ =>
                    {
                        var (left, right) = adapter.FactorsOf(range.First / range.Count);
                        run.Take(factor, left, right, adapter.Source.Update.Scale);
                    },
                    state, inputs => adapter.Load(inputs, options.ZeroNonFinite));
                if (!options.ZeroNonFinite) odd += adapter.NonFinite;
                if (range.First == 0) state.NonFinite = new(state.NonFinite.Inputs + adapter.NonFinite, 0);
            }
            else if (odd == 0)
                yield return new StepSweep(worker => Do(part, run, name, worker), state);
        }
        run.NonFinite = odd;
        if (odd == 0) yield break;
        if (options.FailOnNonFinite)
            throw new FastMergeException(FailureKind.NonFinite,
                $"{name}: {odd} NaN or Inf in a matrix; accepted with --non-finite warn or zero");
        warn($"{name}: {odd} NaN or Inf among the {range.Count} elements of a matrix; the merged matrix is NaN "
            + "throughout (--non-finite zero reads them as 0)");
        run.FillWithNaN();
    }

    static void Do(IReadOnlyList<MatrixStep> steps, MatrixRun run, string name, Worker worker)
    {
        try
        {
            foreach (var step in steps) run.Do(step, name, worker);
        }
        catch (FastMergeException e)
        {
            throw new FastMergeException(e.Kind, $"{name}: {e.Message}", e);
        }
    }
}

/// <summary>Streams a tensor expression into memory.</summary>
sealed unsafe class LoadSweep(nint place, long first) : Sweep
{
    long _inputs;
    long _outputs;

    /// <summary>NaN and Inf among what was read and what was made of it.</summary>
    public NonFiniteElements NonFinite => new(Interlocked.Read(ref _inputs), Interlocked.Read(ref _outputs));

    /// <inheritdoc/>
    protected override ElementProgram Program => State.Map!.Program;

    /// <summary>Counts NaN and Inf of stages and updates.</summary>
    public void Note(long inputs) => Interlocked.Add(ref _inputs, inputs);

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        var found = State.Compute(range, inputs, (byte*)place + (range.First - first) * sizeof(float), worker);
        Interlocked.Add(ref _inputs, found.Inputs);
        Interlocked.Add(ref _outputs, found.Outputs);
    }
}

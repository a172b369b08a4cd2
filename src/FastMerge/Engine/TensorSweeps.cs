using FastMerge.Backends;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>
/// The readings of a tensor, one after the other: each begins when the results of those before it are known.
/// </summary>
sealed class TensorSweeps(
    EngineResources resources, ModelValues model, EngineOptions options, Action<string> warn)
{
    readonly ProgramCache _programs = resources.Programs;

    /// <summary>All readings of a tensor of the output.</summary>
    /// <param name="task">Under which the result is written.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="state">What is known of it.</param>
    /// <param name="missing">Byte ranges of the output that are wanted; null is all of it.</param>
    public IEnumerable<Sweep> Of(
        TensorTask task, PlannedTensor tensor, TensorState state, IReadOnlyList<ByteRange>? missing)
    {
        if (missing is { Count: 0 }) yield break;
        if (state.Values is null)
        {
            yield return new CopySweep(task)
            { State = state, Grid = OutputGrid(tensor.Output.ByteCount, 8, missing) };
            yield break;
        }
        try
        {
            foreach (var sweep in Prepare(state, task.Name)) yield return sweep;
            yield return new MapSweep(task, state.NonFinite)
            {
                State = state,
                Grid = OutputGrid(tensor.Output.ElementCount, tensor.Output.DType.Bits(), missing),
            };
        }
        finally
        {
            state.Release();
        }
    }

    /// <summary>The readings before the last, of the stages below and of a tensor itself.</summary>
    /// <param name="state">What is known of the tensor.</param>
    /// <param name="name">The tensor, for messages.</param>
    /// <param name="end">The pass to stop before; null is the last.</param>
    public IEnumerable<Sweep> Prepare(TensorState state, string name, Pass? end = null)
    {
        foreach (var stage in state.Stages)
            if (stage is { Map: null })
                foreach (var sweep in Prepare(stage, name))
                    yield return sweep;
        var passes = state.Tensor.Work!.Passes;
        for (; state.Done < passes.Before.Count && passes.Before[state.Done] != end; state.Done++)
        {
            var pass = passes.Before[state.Done];
            if (pass.Scope == Scope.Model) model.Give(state, pass);
            else if (pass is MatrixPass matrices)
                foreach (var sweep in new MatrixSweeps(this, resources.Matrices, options, warn)
                    .Run(state, name, matrices.Program))
                    yield return sweep;
            else
                foreach (var sweep in Run(state, name, pass))
                    yield return sweep;
        }
        if (state.Done < passes.Before.Count || state.Map is not null) yield break;
        state.Map = Bind(_programs.Map(state.Tensor.Work), state, name);
        state.Arrays = ArraysOf(state.Map.Program, state, name);
    }

    /// <summary>Prepares a selection; null if its cuts are known without a reading.</summary>
    /// <param name="state">The tensor, or any of those that the selection goes over.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="elements">The elements that the selection goes over.</param>
    /// <param name="what">What it goes over, for messages.</param>
    /// <param name="cuts">The cuts, where they are known.</param>
    public Selection? BeginSelect(
        TensorState state, SelectPass pass, long elements, string what, out ElementCut[] cuts)
    {
        var models = Math.Max(1, state.Models.Length);
        var requests = new List<(int Entry, long Keep, bool Exact)>();
        foreach (var cut in pass.Cuts)
        {
            var kept = state.Values!.KeptElements(cut, out var raised);
            if (raised) warn($"{what}: the density keeps none of {elements} elements; one is kept");
            var source = pass.Sources.TakeWhile(s => !ReferenceEquals(s, cut.Source)).Count();
            requests.AddRange(kept.Select((keep, k) => (source * models + k, keep, cut.IsRead)));
        }
        cuts = [];
        if (!requests.All(r => r.Keep <= 0 || (r.Keep >= elements && (!r.Exact || elements == 0))))
            return new(pass.Sources.Count * models, requests, elements, options.Threads);
        cuts = [.. requests.Select(r => r.Keep <= 0 ? ElementCut.Nothing : ElementCut.Everything)];
        return null;
    }

    /// <summary>A reading of a selection.</summary>
    /// <param name="state">The tensor.</param>
    /// <param name="name">The tensor, for messages.</param>
    /// <param name="pass">The pass.</param>
    /// <param name="selection">The selection.</param>
    /// <param name="range">Elements of the tensor.</param>
    /// <param name="ordered">Whether chunks must come in order.</param>
    /// <param name="before">Elements of the selection before the tensor.</param>
    public Sweep Select(
        TensorState state, string name, SelectPass pass, Selection selection, ElementRange range, bool ordered,
        long before)
    {
        var program = Bind(_programs.Of(pass, state.Tensor.Work!.InputRounding), state, name);
        return new SelectSweep(program, selection, ordered, before)
        { State = state, Grid = Grid(state, range), Arrays = ArraysOf(program.Program, state, name) };
    }

    /// <summary>A reading that adds up over the whole tensor.</summary>
    public ReduceSweep Reduce(TensorState state, string name, ReducePass pass)
    {
        var compiled = _programs.Of(pass, state.Tensor.Work!.InputRounding);
        return new(Bind(compiled, state, name), compiled.Maxima(ReadModels(compiled, state)))
        {
            State = state,
            Grid = Grid(state, new(0, state.Tensor.Output.ElementCount)),
            Arrays = ArraysOf(compiled.Program, state, name),
        };
    }

    /// <summary>Merges tensors in memory over a base of zeros, on one thread: one reading after the
    /// other.</summary>
    public unsafe void MergeInMemory(
        PlannedTensor tensor, string name, IReadOnlyList<nint> models, nint output, Worker worker)
    {
        var state = new TensorState(tensor, options.Seed);
        using var zeros = new NativeBlock(tensor.Output.ByteCount);
        var places = GC.AllocateUninitializedArray<nint>(models.Count, pinned: true);
        var last = new LoadSweep(output, 0) { State = state, Grid = Grid(state, new(0, tensor.Output.ElementCount)) };
        foreach (var sweep in Prepare(state, name).Append(last))
            for (long chunk = 0; chunk < sweep.Grid.Count; chunk++)
            {
                var skipped = (nint)sweep.InputRange(chunk).First * sizeof(float);
                for (var k = 0; k < places.Length; k++) places[k] = models[k] + skipped;
                var data = (byte**)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(places, 0);
                sweep.Run(chunk, new() { Base = zeros.Data + skipped, Models = data }, worker);
            }
    }

    IEnumerable<Sweep> Run(TensorState state, string name, Pass pass) => pass switch
    {
        SelectPass select => SelectTensor(state, name, select),
        ReducePass { Scope: Scope.Row } byRow => ReduceRows(state, name, byRow),
        ReducePass { Scope: Scope.Column } byColumn => ReduceColumns(state, name, byColumn),
        _ => ReduceTensor(state, name, (ReducePass)pass),
    };

    IEnumerable<Sweep> SelectTensor(TensorState state, string name, SelectPass pass)
    {
        var elements = state.Tensor.Output.ElementCount;
        using var selection = BeginSelect(state, pass, elements, name, out var cuts);
        if (selection is not null)
        {
            yield return Select(state, name, pass, selection, new(0, elements), false, 0);
            while (selection.Next() is { } next)
                yield return Select(state, name, pass, selection, new(next.First, next.Count), next.Ordered, 0);
            cuts = selection.Cuts();
        }
        state.Values!.SetCuts(pass, cuts, 0);
    }

    IEnumerable<Sweep> ReduceTensor(TensorState state, string name, ReducePass pass)
    {
        var sweep = Reduce(state, name, pass);
        yield return sweep;
        state.Values!.SetReductions(pass, PairwiseSum.Of(sweep.Partials, sweep.Maxima));
    }

    IEnumerable<Sweep> ReduceRows(TensorState state, string name, ReducePass pass)
    {
        var compiled = _programs.Of(pass, state.Tensor.Work!.InputRounding);
        var maxima = compiled.Maxima(ReadModels(compiled, state));
        var (length, chunk) = (state.Tensor.RowLength, ChunkElements(state));
        var rows = length == 0 ? 0 : state.Tensor.Output.ElementCount / length;
        var sweep = new RowReduceSweep(Bind(compiled, state, name), maxima, rows, length, chunk)
        {
            State = state,
            Grid = ChunkGrid.Rows(rows, length, chunk),
            Arrays = ArraysOf(compiled.Program, state, name),
        };
        yield return sweep;
        state.Values!.SetRowReductions(pass, sweep.Rows(), rows, maxima.Length);
    }

    IEnumerable<Sweep> ReduceColumns(TensorState state, string name, ReducePass pass)
    {
        var compiled = _programs.Of(pass, state.Tensor.Work!.InputRounding);
        var width = compiled.ReductionCount(ReadModels(compiled, state));
        var sweep = new ColumnReduceSweep(Bind(compiled, state, name), width, state.Tensor.ColumnCount)
        {
            State = state,
            Grid = Grid(state, new(0, state.Tensor.Output.ElementCount)),
            Arrays = ArraysOf(compiled.Program, state, name),
        };
        yield return sweep;
        state.Values!.SetColumnReductions(pass, sweep.Values);
    }

    /// <summary>What supplies the matrices, or finds the ranks, that a program reads, and those that the ranked
    /// tensors need themselves.</summary>
    IChunkArrays? ArraysOf(ElementProgram program, TensorState state, string name)
    {
        if (program.Arrays.Any(a => a.Matrix is not null)) return state.Matrices!.For(program);
        var needed = new HashSet<Tensor>(RankedBy(program));
        var steps = new List<(Tensor, BoundProgram)>();
        foreach (var ranked in state.Tensor.Work!.Passes.Ranked.Reverse().Where(needed.Contains))
        {
            var compiled = _programs.Rank(ranked, state.Tensor.Work.InputRounding);
            needed.UnionWith(RankedBy(compiled.Program));
            steps.Insert(0, (ranked, Bind(compiled, state, name)));
        }
        return steps.Count == 0 ? null
            : new RowRanks(steps, state.Values!, program, state.Models.Length, state.Tensor.RowLength);
    }

    static IEnumerable<Tensor> RankedBy(ElementProgram program) =>
        program.Arrays.Concat(program.ModelArrays).Select(a => a.Ranked).OfType<Tensor>();

    BoundProgram Bind(CompiledProgram compiled, TensorState state, string name)
    {
        var dtypes = new ProgramDTypes(
            state.Base?.Spec.DType, [.. state.Models.Select(m => m.Spec.DType)], state.Tensor.Output.DType);
        return new(
            compiled, dtypes, state.Values!.For(compiled.Program), options.Interpret, options.ZeroNonFinite, name);
    }

    ChunkGrid Grid(TensorState state, ElementRange range) => ChunkGrid.Aligned(range, ChunkElements(state));

    int ChunkElements(TensorState state) => (int)(options.ChunkBytes * 8 / state.Tensor.Output.DType.Bits());

    ChunkGrid OutputGrid(long units, int bits, IReadOnlyList<ByteRange>? missing)
    {
        var chunk = (int)(options.ChunkBytes * 8 / bits);
        if (missing is null) return ChunkGrid.Aligned(new(0, units), chunk);
        var chunks = missing.SelectMany(
            r => Indexes(r.Offset / options.ChunkBytes, (r.Offset + r.Length - 1) / options.ChunkBytes));
        return ChunkGrid.Chosen(units, chunk, [.. chunks.Distinct().Order()]);
    }

    static IEnumerable<long> Indexes(long first, long last)
    {
        for (var i = first; i <= last; i++) yield return i;
    }

    static int ReadModels(CompiledProgram compiled, TensorState state) =>
        compiled.Program.ReadsModels ? state.Models.Length : 0;
}

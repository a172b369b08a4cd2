using FastMerge.Backends;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>
/// The readings of a tensor, one after the other: each begins when the results of those before it are known.
/// </summary>
sealed class TensorSweeps(ProgramCache programs, EngineOptions options, Action<string> warn)
{
    /// <summary>Cuts the work of a task into readings.</summary>
    /// <param name="task">The tensor.</param>
    /// <param name="missing">Byte ranges of the output that are wanted; null is all of it.</param>
    public IEnumerable<Sweep> Of(TensorTask task, IReadOnlyList<ByteRange>? missing)
    {
        if (task.Tensor.Work is null)
        {
            yield return new CopySweep(task) { Grid = OutputGrid(task.Tensor.Output.ByteCount, 8, missing) };
            yield break;
        }
        var tensor = task.Tensor;
        var values = new SideValues(tensor, options.Seed, StreamOf(tensor));
        foreach (var pass in tensor.Work.Passes.Before)
        {
            if (pass is SelectPass select)
                foreach (var sweep in Select(task, select, values))
                    yield return sweep;
            else if (pass is ReducePass { Scope: Scope.Row } byRow)
                foreach (var sweep in ReduceRows(task, byRow, values))
                    yield return sweep;
            else
                foreach (var sweep in Reduce(task, (ReducePass)pass, values))
                    yield return sweep;
        }
        var map = Bind(programs.Map(tensor.Work), task, values);
        yield return new MapSweep(map, values, task)
        {
            Grid = OutputGrid(tensor.Output.ElementCount, tensor.Output.DType.Bits(), missing),
        };
    }

    IEnumerable<Sweep> Select(TensorTask task, SelectPass pass, SideValues values)
    {
        var elements = task.Tensor.Output.ElementCount;
        var models = Math.Max(1, values.Models);
        var requests = new List<(int Entry, long Keep)>();
        foreach (var cut in pass.Cuts)
        {
            var kept = values.KeptElements(cut, out var raised);
            if (raised) warn($"{task.Name}: the density keeps none of {elements} elements; one is kept");
            var source = pass.Sources.TakeWhile(s => !ReferenceEquals(s, cut.Source)).Count();
            requests.AddRange(kept.Select((keep, k) => (source * models + k, keep)));
        }
        ElementCut[] cuts;
        if (requests.All(r => r.Keep <= 0 || r.Keep >= elements))
        {
            cuts = [.. requests.Select(r => r.Keep <= 0 ? ElementCut.Nothing : ElementCut.Everything)];
        }
        else
        {
            var program = Bind(programs.Of(pass, task.Tensor.Work!.InputRounding), task, values);
            using var selection = new Selection(pass.Sources.Count * models, requests, elements, options.Threads);
            yield return new SelectSweep(program, selection, false) { Grid = Grid(task, new(0, elements)) };
            while (selection.Next() is { } next)
                yield return new SelectSweep(program, selection, next.Ordered)
                { Grid = Grid(task, new(next.First, next.Count)) };
            cuts = selection.Cuts();
        }
        var taken = 0;
        foreach (var cut in pass.Cuts)
        {
            var count = cut.Source.PerModel ? models : 1;
            values.SetCut(cut, cuts[taken..(taken + count)]);
            taken += count;
        }
    }

    IEnumerable<Sweep> Reduce(TensorTask task, ReducePass pass, SideValues values)
    {
        var compiled = programs.Of(pass, task.Tensor.Work!.InputRounding);
        var width = compiled.ReductionCount(ReadModels(compiled, task));
        var sweep = new ReduceSweep(Bind(compiled, task, values), width)
        { Grid = Grid(task, new(0, task.Tensor.Output.ElementCount)) };
        yield return sweep;
        var sums = PairwiseSum.Of(sweep.Partials, width);
        foreach (var (reduction, first, count) in Layout(pass, values.Models))
            values.SetReduction(reduction, sums[first..(first + count)]);
    }

    IEnumerable<Sweep> ReduceRows(TensorTask task, ReducePass pass, SideValues values)
    {
        var compiled = programs.Of(pass, task.Tensor.Work!.InputRounding);
        var width = compiled.ReductionCount(ReadModels(compiled, task));
        var (length, chunk) = (task.Tensor.RowLength, ChunkElements(task));
        var rows = length == 0 ? 0 : task.Tensor.Output.ElementCount / length;
        var sweep = new RowReduceSweep(Bind(compiled, task, values), width, rows, length, chunk)
        {
            Grid = ChunkGrid.Rows(rows, length, chunk),
        };
        yield return sweep;
        var sums = sweep.Rows();
        foreach (var (reduction, first, count) in Layout(pass, values.Models))
        {
            var part = new double[rows * count];
            for (var row = 0; row < rows; row++)
                sums.AsSpan(row * width + first, count).CopyTo(part.AsSpan(row * count));
            values.SetRowReduction(reduction, part, count);
        }
    }

    /// <summary>Where each reduction's numbers are among those of a chunk.</summary>
    static IEnumerable<(Reduction Reduction, int First, int Count)> Layout(ReducePass pass, int models)
    {
        var next = 0;
        foreach (var reduction in pass.Reductions)
        {
            var count = reduction.Width(models);
            yield return (reduction, next, count);
            next += count;
        }
    }

    BoundProgram Bind(CompiledProgram compiled, TensorTask task, SideValues values)
    {
        var tensor = task.Tensor;
        var dtypes = new ProgramDTypes(
            tensor.Base?.Spec.DType, [.. tensor.Models.Select(m => m.Spec.DType)], tensor.Output.DType);
        return new(compiled, dtypes, values.For(compiled.Program), options.Interpret, options.ZeroNonFinite, task.Name);
    }

    ChunkGrid Grid(TensorTask task, ElementRange range) => ChunkGrid.Aligned(range, ChunkElements(task));

    int ChunkElements(TensorTask task) => (int)(options.ChunkBytes * 8 / task.Tensor.Output.DType.Bits());

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

    static int ReadModels(CompiledProgram compiled, TensorTask task) =>
        compiled.Program.ReadsModels ? task.Tensor.Models.Length : 0;

    /// <summary>The stream of the tensor's random masks: a hash of its output name.</summary>
    static ulong StreamOf(PlannedTensor tensor) =>
        NativeHash.Hash64($"{tensor.Work!.Group.Stage}\0{tensor.Output.Name}");
}

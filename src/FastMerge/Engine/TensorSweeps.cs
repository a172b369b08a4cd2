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
            else if (pass is ReducePass { Scope: Scope.Column } byColumn)
                foreach (var sweep in ReduceColumns(task, byColumn, values))
                    yield return sweep;
            else
                foreach (var sweep in Reduce(task, (ReducePass)pass, values))
                    yield return sweep;
        }
        var map = Bind(programs.Map(tensor.Work), task, values);
        yield return new MapSweep(map, values, task)
        {
            Grid = OutputGrid(tensor.Output.ElementCount, tensor.Output.DType.Bits(), missing),
            Ranks = RanksOf(map.Program, task, values),
        };
    }

    IEnumerable<Sweep> Select(TensorTask task, SelectPass pass, SideValues values)
    {
        var elements = task.Tensor.Output.ElementCount;
        var models = Math.Max(1, values.Models);
        var requests = new List<(int Entry, long Keep, bool Exact)>();
        foreach (var cut in pass.Cuts)
        {
            var kept = values.KeptElements(cut, out var raised);
            if (raised) warn($"{task.Name}: the density keeps none of {elements} elements; one is kept");
            var source = pass.Sources.TakeWhile(s => !ReferenceEquals(s, cut.Source)).Count();
            requests.AddRange(kept.Select((keep, k) => (source * models + k, keep, cut.IsRead)));
        }
        ElementCut[] cuts;
        if (requests.All(r => r.Keep <= 0 || (r.Keep >= elements && !r.Exact)))
        {
            cuts = [.. requests.Select(r => r.Keep <= 0 ? ElementCut.Nothing : ElementCut.Everything)];
        }
        else
        {
            var program = Bind(programs.Of(pass, task.Tensor.Work!.InputRounding), task, values);
            using var selection = new Selection(pass.Sources.Count * models, requests, elements, options.Threads);
            var ranks = RanksOf(program.Program, task, values);
            yield return new SelectSweep(program, values, selection, false)
            { Grid = Grid(task, new(0, elements)), Ranks = ranks };
            while (selection.Next() is { } next)
                yield return new SelectSweep(program, values, selection, next.Ordered)
                { Grid = Grid(task, new(next.First, next.Count)), Ranks = ranks };
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
        var maxima = compiled.Maxima(ReadModels(compiled, task));
        var sweep = new ReduceSweep(Bind(compiled, task, values), values, maxima.Length)
        {
            Grid = Grid(task, new(0, task.Tensor.Output.ElementCount)),
            Ranks = RanksOf(compiled.Program, task, values),
        };
        yield return sweep;
        var sums = PairwiseSum.Of(sweep.Partials, maxima);
        foreach (var (reduction, first, count) in Layout(pass, values.Models))
            values.SetReduction(reduction, sums[first..(first + count)]);
    }

    IEnumerable<Sweep> ReduceRows(TensorTask task, ReducePass pass, SideValues values)
    {
        var compiled = programs.Of(pass, task.Tensor.Work!.InputRounding);
        var maxima = compiled.Maxima(ReadModels(compiled, task));
        var width = maxima.Length;
        var (length, chunk) = (task.Tensor.RowLength, ChunkElements(task));
        var rows = length == 0 ? 0 : task.Tensor.Output.ElementCount / length;
        var sweep = new RowReduceSweep(Bind(compiled, task, values), values, maxima, rows, length, chunk)
        {
            Grid = ChunkGrid.Rows(rows, length, chunk),
            Ranks = RanksOf(compiled.Program, task, values),
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

    IEnumerable<Sweep> ReduceColumns(TensorTask task, ReducePass pass, SideValues values)
    {
        var compiled = programs.Of(pass, task.Tensor.Work!.InputRounding);
        var columns = task.Tensor.ColumnCount;
        var sweep = new ColumnReduceSweep(
            Bind(compiled, task, values), compiled.ReductionCount(ReadModels(compiled, task)), columns)
        {
            Grid = Grid(task, new(0, task.Tensor.Output.ElementCount)),
            Ranks = RanksOf(compiled.Program, task, values),
        };
        yield return sweep;
        foreach (var (reduction, first, count) in Layout(pass, values.Models))
            values.SetColumnReduction(
                reduction, sweep.Values[(int)(first * columns)..(int)((first + count) * columns)], count);
    }

    /// <summary>What finds the ranks that a program reads, and those that the ranked tensors need themselves.</summary>
    RowRanks? RanksOf(ElementProgram program, TensorTask task, SideValues values)
    {
        var needed = new HashSet<Tensor>(RankedBy(program));
        var steps = new List<(Tensor, BoundProgram)>();
        foreach (var ranked in task.Tensor.Work!.Passes.Ranked.Reverse().Where(needed.Contains))
        {
            var compiled = programs.Rank(ranked, task.Tensor.Work.InputRounding);
            needed.UnionWith(RankedBy(compiled.Program));
            steps.Insert(0, (ranked, Bind(compiled, task, values)));
        }
        return steps.Count == 0 ? null : new(steps, values, program, values.Models, task.Tensor.RowLength);
    }

    static IEnumerable<Tensor> RankedBy(ElementProgram program) =>
        program.Arrays.Concat(program.ModelArrays).Select(a => a.Ranked).OfType<Tensor>();

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

using FastMerge.Backends;
using FastMerge.Plan;

namespace FastMerge.Bench;

/// <summary>One pass over all of the data, by a team of threads.</summary>
sealed unsafe class KernelRun : IDisposable
{
    const int Columns = 4096;
    const float Uniform = 0.4f;
    const double Density = 0.5;

    readonly BenchPass _pass;
    readonly BenchData _data;
    readonly int _threads;
    readonly CompiledProgram _compiled;
    readonly BoundProgram _bound;

    delegate void ChunkWork(int thread, long first, long count, in ChunkInputs inputs);

    public KernelRun(BenchPass pass, BenchData data, int threads, bool interpret)
    {
        (_pass, _data, _threads) = (pass, data, threads);
        _compiled = new CompiledProgram(pass.Program);
        var (program, models) = (pass.Program, pass.Models);
        var uniforms = new float[BoundProgram.UniformBlock(program, models)];
        Array.Fill(uniforms, Uniform);
        var cuts = Enumerable.Repeat(BenchData.MiddleCut, program.Cuts.Count * models).ToArray();
        var randoms = Enumerable.Range(0, program.RandomDensities.Count * models)
            .Select(i => new RandomMask(0, 1, RandomMask.DropOf(Density), (uint)(i % models))).ToArray();
        var column = Enumerable.Repeat(Uniform, Columns).ToArray();
        var columns = Enumerable.Repeat(column, program.Arrays.Count + program.ModelArrays.Count * models).ToArray();
        var stored = Enumerable.Repeat(BenchData.Stored, models).ToArray();
        _bound = new BoundProgram(
            _compiled, new(BenchData.Stored, stored, BenchData.Stored), new(uniforms, cuts, randoms, columns),
            interpret, zeroNonFinite: false, pass.Method);
    }

    /// <summary>Bytes that the last run read and wrote.</summary>
    public long Bytes { get; private set; }

    /// <summary>Runs the pass; the time it took.</summary>
    public TimeSpan Run()
    {
        Bytes = 0;
        return _pass.Before switch
        {
            SelectPass select => Select(select),
            ReducePass => Reduce(),
            _ => Map(),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _compiled.Dispose();

    TimeSpan Map()
    {
        Bytes += _data.Elements * BenchData.ElementBytes;
        return Each(_threads, 0, _data.Elements, (int _, long first, long count, in ChunkInputs inputs) =>
            _bound.Map(first, count, inputs, _data.Output + first * BenchData.ElementBytes));
    }

    TimeSpan Reduce()
    {
        var width = _compiled.ReductionCount(_pass.Program.ReadsModels ? _pass.Models : 0);
        return Each(_threads, 0, _data.Elements, (int _, long first, long count, in ChunkInputs inputs) =>
            _bound.Reduce(first, count, inputs, new double[width]));
    }

    TimeSpan Select(SelectPass select)
    {
        var entries = select.Sources.Sum(s => s.PerModel ? _pass.Models : 1);
        var keep = (long)(_data.Elements * Density);
        using var selection = new Selection(
            entries, [.. Enumerable.Range(0, entries).Select(e => (e, keep, false))], _data.Elements, _threads);
        var time = TimeSpan.Zero;
        for (SelectionPass? next = new(0, _data.Elements, false); next is { } reading; next = selection.Next())
        {
            time += Each(reading.Ordered ? 1 : _threads, reading.First, reading.Count,
                (int thread, long first, long count, in ChunkInputs inputs) =>
                    _bound.Select(selection, 0, thread, first, count, inputs));
        }
        return time;
    }

    TimeSpan Each(int threads, long from, long length, ChunkWork work)
    {
        var inputs = (_pass.Program.ReadsBase ? 1 : 0) + (_pass.Program.ReadsModels ? _pass.Models : 0);
        Bytes += length * inputs * BenchData.ElementBytes;
        return Team.Run(threads, thread =>
        {
            var (first, count) = BenchData.Share(thread, threads, from, length);
            var models = stackalloc byte*[_pass.Models];
            for (var end = first + count; first < end; first += BenchData.Grain)
            {
                var offset = first * BenchData.ElementBytes;
                for (var k = 0; k < _pass.Models; k++) models[k] = _data.Tensor(k + 1) + offset;
                var chunk = new ChunkInputs { Base = _data.Tensor(0) + offset, Models = models };
                work(thread, first, Math.Min(BenchData.Grain, end - first), chunk);
            }
        });
    }
}

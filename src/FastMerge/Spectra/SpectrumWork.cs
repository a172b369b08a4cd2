using FastMerge.Backends;
using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Spectra;

/// <summary>A tensor whose matrices are looked at: what is read, and how it divides.</summary>
sealed record SpectrumTensor(PlannedTensor Tensor, MatrixForm Form)
{
    /// <summary>Bytes of one of the matrices.</summary>
    public long MatrixBytes => Form.Rows * Form.Columns * sizeof(float);

    /// <summary>Bytes that its singular values are found in.</summary>
    public long WorkBytes => MatrixArena.SpectrumBytes(Form.Rows, Form.Columns, 0);
}

/// <summary>Streams each matrix into memory and takes its singular values.</summary>
sealed class SpectrumWork(IReadOnlyList<SpectrumTensor> tensors, EngineOptions options)
{
    /// <summary>The reports of each tensor's matrices, once all are read.</summary>
    public MatrixSpectrumReport[][] Found { get; } = [.. tensors.Select(t => new MatrixSpectrumReport[t.Form.Count])];

    /// <summary>The readings.</summary>
    public IEnumerable<TensorTask?> Tasks(EngineResources resources)
    {
        var sweeps = new TensorSweeps(resources, new ModelValues(), options, _ => { });
        for (var i = 0; i < tensors.Count; i++)
        {
            var (tensor, found) = (tensors[i], Found[i]);
            yield return new(null, tensor.Tensor, task => Read(sweeps, resources.Matrices, task.Name, tensor, found))
            { MatrixBytes = tensor.MatrixBytes + tensor.WorkBytes };
        }
    }

    IEnumerable<Sweep> Read(
        TensorSweeps sweeps, MatrixPool pool, string name, SpectrumTensor tensor, MatrixSpectrumReport[] found)
    {
        var state = new TensorState(tensor.Tensor, 0);
        foreach (var sweep in sweeps.Prepare(state, name)) yield return sweep;
        var elements = tensor.Form.Rows * tensor.Form.Columns;
        var memory = pool.RentBlock(tensor.MatrixBytes);
        var arena = pool.RentArena(tensor.WorkBytes, MatrixMemory.Threads(elements, options.Threads));
        try
        {
            for (long i = 0; i < found.Length; i++)
            {
                var index = i;
                var load = new LoadSweep(AddressOf(memory), i * elements)
                {
                    State = state,
                    Grid = ChunkGrid.Aligned(new(i * elements, elements), options.ChunkBytes / sizeof(float)),
                };
                yield return load;
                yield return new StepSweep(
                    _ => found[index] = Measure(tensor, index, load.NonFinite.Outputs, memory, arena), state);
            }
        }
        finally
        {
            pool.Return(arena);
            pool.Return(memory);
        }
    }

    static unsafe nint AddressOf(NativeBlock memory) => (nint)memory.Data;

    static MatrixSpectrumReport Measure(
        SpectrumTensor tensor, long index, long nonFinite, NativeBlock memory, MatrixArena arena)
    {
        var (form, name) = (tensor.Form, tensor.Tensor.Output.Name);
        long? number = form.Count > 1 ? index : null;
        if (nonFinite > 0) return SpectrumNumbers.Of(name, number, form.Rows, form.Columns, nonFinite, []);
        using var spectrum = arena.Spectrum(new(AddressOf(memory), form.Rows, form.Columns), precise: true);
        return SpectrumNumbers.Of(name, number, form.Rows, form.Columns, 0, spectrum.Values);
    }
}

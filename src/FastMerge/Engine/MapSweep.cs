using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>Computes the elements of the output and hands them to the sink.</summary>
sealed unsafe class MapSweep(TensorTask task, NonFiniteElements before) : Sweep
{
    int _begun;

    /// <inheritdoc/>
    protected override ElementProgram Program => State.Map!.Program;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        var bits = State.Tensor.Output.DType.Bits();
        var output = worker.RentOutput();
        try
        {
            var found = State.Compute(range, inputs, output.Data, worker);
            if (Interlocked.Exchange(ref _begun, 1) == 0)
                found = new(found.Inputs + before.Inputs, found.Outputs + before.Outputs);
            if (found != default) worker.NoteNonFinite(task, found);
            worker.Write(task, range.First * bits / 8, (int)(range.Count * bits / 8), output);
            output = null;
        }
        finally
        {
            if (output is not null) worker.Return(output);
        }
    }
}

using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>Computes the elements of the output and hands them to the sink.</summary>
sealed unsafe class MapSweep(BoundProgram program, SideValues values, TensorTask task) : Sweep
{
    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        var bits = task.Tensor.Output.DType.Bits();
        var output = worker.RentOutput();
        try
        {
            var found = program.Map(
                range.First, range.Count, inputs, output.Data, values.RowsOf(program.Program, range));
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

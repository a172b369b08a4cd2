using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>Copies a tensor's bytes; its chunks count bytes, not elements.</summary>
sealed unsafe class CopySweep(TensorTask task) : Sweep
{
    /// <inheritdoc/>
    public override int UnitBits(DType dtype) => 8;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        var output = worker.RentOutput();
        try
        {
            GuardedMemory.Copy(output.Data, inputs.Models[0], (int)range.Count, task.Name);
            worker.Write(task, range.First, (int)range.Count, output);
            output = null;
        }
        finally
        {
            if (output is not null) worker.Return(output);
        }
    }
}

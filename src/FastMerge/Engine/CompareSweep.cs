using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>
/// Finds out whether the base and the first model have the same bytes; its chunks count bytes, of which half of an
/// output buffer holds one.
/// </summary>
sealed unsafe class CompareSweep(string name) : Sweep
{
    volatile bool _isDifferent;

    /// <summary>Whether a chunk was found that differs.</summary>
    public bool IsDifferent => _isDifferent;

    /// <inheritdoc/>
    public override int UnitBits(DType dtype) => 8;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        if (_isDifferent) return;
        var count = (int)Grid[chunk].Count;
        var buffer = worker.RentOutput();
        try
        {
            GuardedMemory.Copy(buffer.Data, inputs.Base, count, name);
            GuardedMemory.Copy(buffer.Data + count, inputs.Models[0], count, name);
            var both = new ReadOnlySpan<byte>(buffer.Data, 2 * count);
            if (!both[..count].SequenceEqual(both[count..])) _isDifferent = true;
        }
        finally
        {
            worker.Return(buffer);
        }
    }
}

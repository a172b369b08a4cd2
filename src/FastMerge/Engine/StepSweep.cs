using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>Work on what is in memory, or is loaded just before. It reads no inputs chunk by chunk.</summary>
sealed class StepSweep : Sweep
{
    readonly Action<Worker> _run;
    readonly Func<InputSet, long>? _load;

    /// <summary>A step of a tensor; what it loads before returns the bytes that were read.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public StepSweep(Action<Worker> run, TensorState state, Func<InputSet, long>? load = null)
    {
        (_run, _load, State, Grid) = (run, load, state, ChunkGrid.Aligned(new(0, 1), 1));
    }

    /// <inheritdoc/>
    public override long Load(InputSet inputs) => _load?.Invoke(inputs) ?? 0;

    /// <inheritdoc/>
    public override bool ReadsInputs => false;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker) => _run(worker);
}

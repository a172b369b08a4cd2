using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>Work on what is in memory. It reads nothing.</summary>
sealed class StepSweep : Sweep
{
    readonly Action<Worker> _run;

    /// <summary>A step of a tensor.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public StepSweep(Action<Worker> run, TensorState state)
    {
        (_run, State, Grid) = (run, state, ChunkGrid.Aligned(new(0, 1), 1));
    }

    /// <inheritdoc/>
    public override bool ReadsInputs => false;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker) => _run(worker);
}

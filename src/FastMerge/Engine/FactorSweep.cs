using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>Loads an adapter's factors; what follows takes them from memory.</summary>
sealed class FactorSweep : Sweep
{
    readonly AdapterState _adapter;
    readonly Action<AdapterState> _take;
    readonly bool _zeroNonFinite;

    /// <summary>A load of an update of the tensor, and what is done with it.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public FactorSweep(AdapterState adapter, TensorState state, bool zeroNonFinite, Action<AdapterState> take)
    {
        (_adapter, _zeroNonFinite, _take) = (adapter, zeroNonFinite, take);
        (State, Grid) = (state, ChunkGrid.Aligned(new(0, 1), 1));
    }

    /// <inheritdoc/>
    public override bool ReadsInputs => false;

    /// <inheritdoc/>
    public override long Load(InputSet inputs) => _adapter.Load(inputs, _zeroNonFinite);

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker) => _take(_adapter);
}

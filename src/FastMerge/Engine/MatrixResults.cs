using FastMerge.Backends;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Engine;

/// <summary>The results of a tensor's matrix pass, in memory until the tensor is done.</summary>
sealed unsafe class MatrixResults(
    IReadOnlyList<Matrix> results, Func<Matrix, nint> placeOf, NativeBlock memory, MatrixPool pool) : IDisposable
{
    NativeBlock? _memory = memory;

    /// <summary>What supplies a program with them.</summary>
    public IChunkArrays For(ElementProgram program) => new Arrays(
        [.. program.Arrays.Select(a => (nint)(float*)placeOf(results.First(r => r == a.Matrix)))]);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_memory is { } held) pool.Return(held);
        _memory = null;
    }

    sealed class Arrays(nint[] places) : IChunkArrays
    {
        public ChunkInputs Find(ElementRange range, ChunkInputs inputs, Worker worker)
        {
            inputs.Ranks = worker.RentPlaces(places.Length);
            for (var i = 0; i < places.Length; i++) inputs.Ranks[i] = (float*)places[i] + range.First;
            return inputs;
        }
    }
}

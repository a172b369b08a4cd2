using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>Supplies the values of each element that are neither stored nor constant over a column.</summary>
interface IChunkArrays
{
    /// <summary>The inputs of a chunk with the places of what its program asks for.</summary>
    ChunkInputs Find(ElementRange range, ChunkInputs inputs, Worker worker);
}

namespace FastMerge.Backends;

/// <summary>Where the inputs of one chunk are in memory; each may be mapped.</summary>
unsafe struct ChunkInputs
{
    /// <summary>The base model's first element of the chunk; null if it is not read.</summary>
    public byte* Base;

    /// <summary>Each model's first element of the chunk.</summary>
    public byte** Models;

    /// <summary>The ranks that the program asks for, each from the chunk's first element on.</summary>
    public float** Ranks;

    /// <summary>How many elements of each input come before the chunk's first.</summary>
    public long Skip;
}

/// <summary>NaN and Inf elements seen in a chunk.</summary>
readonly record struct NonFiniteElements(long Inputs, long Outputs);

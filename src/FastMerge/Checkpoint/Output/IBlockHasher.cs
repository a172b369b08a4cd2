namespace FastMerge.Checkpoint.Output;

/// <summary>The 128-bit hash of outputs and journals. Calls may run on many threads at once.</summary>
interface IBlockHasher
{
    /// <summary>The hash of the data as one piece.</summary>
    UInt128 Hash128(ReadOnlySpan<byte> data);

    /// <summary>The hash of each <see cref="OutputBlocks.Bytes"/> of the data; the last block may be short.</summary>
    void HashBlocks(ReadOnlySpan<byte> data, Span<UInt128> hashes);
}

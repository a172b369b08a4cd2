using FastMerge.Backends;
using FastMerge.Checkpoint.Output;

namespace FastMerge.Engine;

/// <summary>The native library's hash, for outputs and journals.</summary>
sealed class BlockHasher : IBlockHasher
{
    /// <summary>The only instance.</summary>
    public static BlockHasher Instance { get; } = new();

    /// <inheritdoc/>
    public UInt128 Hash128(ReadOnlySpan<byte> data) => NativeHash.Hash128(data);

    /// <inheritdoc/>
    public void HashBlocks(ReadOnlySpan<byte> data, Span<UInt128> hashes) => NativeHash.HashBlocks(data, hashes);
}

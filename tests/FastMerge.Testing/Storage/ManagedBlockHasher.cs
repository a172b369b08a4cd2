using System.Buffers.Binary;
using System.Security.Cryptography;
using FastMerge.Checkpoint.Output;

namespace FastMerge.Testing.Storage;

/// <summary>A hash for tests that do not load the native library: the first half of SHA-256.</summary>
public sealed class ManagedBlockHasher : IBlockHasher
{
    UInt128 IBlockHasher.Hash128(ReadOnlySpan<byte> data) => Hash(data);

    void IBlockHasher.HashBlocks(ReadOnlySpan<byte> data, Span<UInt128> hashes)
    {
        for (var i = 0; i < hashes.Length; i++)
        {
            var rest = data[(i * OutputBlocks.Bytes)..];
            hashes[i] = Hash(rest[..Math.Min(rest.Length, OutputBlocks.Bytes)]);
        }
    }

    static UInt128 Hash(ReadOnlySpan<byte> data)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}

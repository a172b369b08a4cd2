using System.Buffers.Binary;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// Hash blocks: 64 KiB from the start of each header, tensor or side file; the last may be short.
/// The hash of a file is the hash over its ordered block hashes, each as 16 big-endian bytes.
/// </summary>
static class OutputBlocks
{
    /// <summary>Bytes of one hash block.</summary>
    public const int Bytes = 65536;

    const int HashBytes = 16;

    /// <summary>Blocks of a segment of <paramref name="length"/> bytes.</summary>
    public static int Count(long length) => checked((int)((length + Bytes - 1) / Bytes));

    /// <summary>The hash of a file from the hashes of its blocks.</summary>
    public static UInt128 FileHash(IBlockHasher hasher, ReadOnlySpan<UInt128> hashes)
    {
        var bytes = new byte[checked(hashes.Length * HashBytes)];
        for (var i = 0; i < hashes.Length; i++)
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(i * HashBytes), hashes[i]);
        return hasher.Hash128(bytes);
    }

    /// <summary>The hash of a file that is one segment in memory.</summary>
    public static UInt128 FileHash(IBlockHasher hasher, ReadOnlySpan<byte> content)
    {
        var hashes = new UInt128[Count(content.Length)];
        hasher.HashBlocks(content, hashes);
        return FileHash(hasher, hashes);
    }
}

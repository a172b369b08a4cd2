using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FastMerge.Checkpoint.Output;

/// <summary>Hashes of bytes that are already in files, on several threads.</summary>
/// <param name="Hasher">The hash.</param>
/// <param name="Threads">Threads that read and hash, each with a buffer of 1 MiB.</param>
/// <param name="Progress">Told the bytes hashed since the last call.</param>
/// <param name="Cancellation">Stops the work.</param>
sealed record FileHasher(
    IBlockHasher Hasher, int Threads, Action<long>? Progress, CancellationToken Cancellation)
{
    const int PartBlocks = 16;

    /// <summary>Hashes the blocks of the segments into their places.</summary>
    public void HashBlocks(IStorageFile file, IEnumerable<FileSegment> segments, UInt128[] hashes)
    {
        var parts = Partitioner.Create(
            segments.SelectMany(segment => segment.Split(PartBlocks)), EnumerablePartitionerOptions.NoBuffering);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Max(1, Threads), CancellationToken = Cancellation,
        };
        try
        {
            Parallel.ForEach(parts, options, part => HashPart(file, part, hashes));
        }
        catch (AggregateException e)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }

    /// <summary>The hash of a whole file that consists of the segments in order.</summary>
    public UInt128 HashFile(IStorageFile file, IReadOnlyList<FileSegment> segments)
    {
        var hashes = new UInt128[segments.Count == 0 ? 0 : segments[^1].FirstBlock + segments[^1].BlockCount];
        HashBlocks(file, segments, hashes);
        return OutputBlocks.FileHash(Hasher, hashes);
    }

    /// <summary>SHA-256 of a whole file in hex.</summary>
    public string Sha256(IStorageFile file, long length)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PartBlocks * OutputBlocks.Bytes);
        try
        {
            for (var offset = 0L; offset < length;)
            {
                Cancellation.ThrowIfCancellationRequested();
                var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset));
                file.Read(offset, part);
                sha256.AppendData(part);
                offset += part.Length;
            }
            return Convert.ToHexStringLower(sha256.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void HashPart(IStorageFile file, FileSegment part, UInt128[] hashes)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)part.Length);
        try
        {
            var bytes = buffer.AsSpan(0, (int)part.Length);
            file.Read(part.Offset, bytes);
            Hasher.HashBlocks(bytes, hashes.AsSpan(part.FirstBlock, part.BlockCount));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        Progress?.Invoke(part.Length);
    }
}

namespace FastMerge.Checkpoint.Output;

/// <summary>A run of bytes of a file that is hashed in blocks of its own.</summary>
/// <param name="Offset">Its first byte; where its first block starts.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="FirstBlock">Where the hash of its first block goes.</param>
readonly record struct FileSegment(long Offset, long Length, int FirstBlock)
{
    /// <summary>Its number of blocks.</summary>
    public int BlockCount => OutputBlocks.Count(Length);

    /// <summary>The segment in parts of at most <paramref name="blocks"/> blocks.</summary>
    public IEnumerable<FileSegment> Split(int blocks)
    {
        for (var block = 0; block < BlockCount; block += blocks)
        {
            var start = (long)block * OutputBlocks.Bytes;
            yield return new(
                Offset + start, Math.Min((long)blocks * OutputBlocks.Bytes, Length - start), FirstBlock + block);
        }
    }
}

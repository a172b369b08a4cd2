namespace FastMerge.Checkpoint.Output;

/// <summary>A run of bytes of a tensor or file.</summary>
readonly record struct ByteRange(long Offset, long Length);

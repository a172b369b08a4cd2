namespace FastMerge.Checkpoint.Output;

/// <summary>Where a tensor lies in the output.</summary>
/// <param name="Shard">Number of its shard.</param>
/// <param name="Offset">Its first byte in the file.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="FirstBlock">Its first hash block among those of the shard.</param>
readonly record struct TensorPlace(int Shard, long Offset, long Length, int FirstBlock);

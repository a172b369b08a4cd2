namespace FastMerge.Checkpoint.Output;

/// <summary>What was found of one file of an output.</summary>
/// <param name="File">Its name.</param>
/// <param name="Bytes">The bytes that were checked.</param>
/// <param name="Problem">What is wrong with it; null if nothing is.</param>
sealed record FileVerdict(string File, long Bytes, string? Problem);

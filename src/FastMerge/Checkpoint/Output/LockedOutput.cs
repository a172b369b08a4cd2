namespace FastMerge.Checkpoint.Output;

/// <summary>A file of a finished merge.</summary>
/// <param name="File">Its name.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Hash">XXH3-128 over its ordered block hashes.</param>
/// <param name="Sha256">SHA-256 of the whole file in hex, if asked for.</param>
sealed record LockedOutput(string File, long Size, UInt128 Hash, string? Sha256 = null);

namespace FastMerge.Checkpoint.Output;

/// <summary>An input file of a finished merge.</summary>
/// <param name="Model">The model as the recipe names it.</param>
/// <param name="File">The file's name inside the model.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="HeaderSha256">SHA-256 of its header, in hex; of a configuration, of all of it.</param>
/// <param name="HubBlob">The name of its blob in the hub cache, if it came from there.</param>
/// <param name="Sha256">SHA-256 of the whole file in hex, if asked for.</param>
sealed record LockedInput(
    string Model, string File, long Size, string HeaderSha256, string? HubBlob = null, string? Sha256 = null);

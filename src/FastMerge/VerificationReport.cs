namespace FastMerge;

/// <summary>What the verification of a merge's folder found.</summary>
public sealed record VerificationReport
{
    /// <summary>The folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether hashes were compared; without a lock only headers and index are checked.</summary>
    public required bool HasLock { get; init; }

    /// <summary>A verdict for each file.</summary>
    public required IReadOnlyList<VerifiedFile> Files { get; init; }

    /// <summary>What the user should know besides.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Whether no file has a problem.</summary>
    public bool IsGood => Files.All(file => file.Problem is null);
}

/// <summary>What was found of one file.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Bytes">The bytes that were checked.</param>
/// <param name="Problem">What is wrong with it; null if nothing is.</param>
public sealed record VerifiedFile(string Name, long Bytes, string? Problem);

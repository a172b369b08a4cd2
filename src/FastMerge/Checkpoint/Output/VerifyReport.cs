namespace FastMerge.Checkpoint.Output;

/// <summary>What the verification of an output found.</summary>
/// <param name="HasLock">Whether hashes were compared; otherwise headers and index alone were checked.</param>
/// <param name="Files">A verdict for each file.</param>
/// <param name="Notes">What the user should know besides.</param>
sealed record VerifyReport(bool HasLock, IReadOnlyList<FileVerdict> Files, IReadOnlyList<string> Notes)
{
    /// <summary>Whether no file has a problem.</summary>
    public bool IsGood => Files.All(file => file.Problem is null);
}

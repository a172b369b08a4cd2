namespace FastMerge.Cli.Rendering;

/// <summary>How far a merge is, in words.</summary>
static class ProgressText
{
    /// <summary><c>3.2 GB of 13.5 GB (23 %), 2.10 GB/s, 4.9 s left</c>.</summary>
    public static string Of(ProgressEvent progress)
    {
        var left = progress.Remaining is { } remaining ? $", {Display.Time(remaining)} left" : "";
        return $"{Display.Bytes(progress.OutputBytes)} of {Display.Bytes(progress.TotalOutputBytes)} "
            + $"({Percent(progress)} %), {Display.Rate(progress.BytesPerSecond)}{left}";
    }

    /// <summary>Finished hundredths, rounded down.</summary>
    static int Percent(ProgressEvent progress) => progress.TotalOutputBytes == 0
        ? 100 : (int)(100.0 * progress.OutputBytes / progress.TotalOutputBytes);
}

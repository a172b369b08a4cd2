using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Cli.Rendering;

/// <summary>Numbers as people read them.</summary>
static class Display
{
    /// <summary><c>13.5 GB</c>.</summary>
    public static string Bytes(long bytes) => ByteSize.Format(bytes);

    /// <summary><c>2.10 GB/s</c>.</summary>
    public static string Rate(double bytesPerSecond) => ByteSize.Format(bytesPerSecond) + "/s";

    /// <summary><c>1,234</c>.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>291 tensors</c>, <c>1 tensor</c>.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary><c>6.74 B</c> parameters.</summary>
    public static string Parameters(long count) => count switch
    {
        >= 1_000_000_000 => $"{count / 1e9:0.00} B",
        >= 1_000_000 => $"{count / 1e6:0.0} M",
        _ => Count(count),
    };

    /// <summary><c>0.84 s</c>, <c>12.3 s</c>, <c>3 min 5 s</c>, <c>1 h 12 min</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => $"{time.TotalSeconds:0.00} s",
        < 60 => $"{time.TotalSeconds:0.0} s",
        < 3600 => $"{(int)time.TotalMinutes} min {time.Seconds} s",
        _ => $"{(int)time.TotalHours} h {time.Minutes} min",
    };

    /// <summary>A name that may hold anything.</summary>
    public static string Name(string text) => DisplayText.Escape(text);

    /// <summary>Names in a list.</summary>
    public static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Name));
}

using System.Globalization;

namespace FastMerge.Core;

/// <summary>Byte counts as people write them: <c>5GB</c> is 5e9 bytes, <c>256MiB</c> is 2^28.</summary>
public static class ByteSize
{
    static readonly (string Suffix, double Factor)[] Units =
    [
        ("KIB", 1L << 10), ("MIB", 1L << 20), ("GIB", 1L << 30), ("TIB", 1L << 40),
        ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
        ("K", 1e3), ("M", 1e6), ("G", 1e9), ("B", 1), ("T", 1e12), ("", 1),
    ];

    /// <summary>Parses a size; false for anything that is not a positive number with a known unit.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var trimmed = text.Trim().ToUpperInvariant();
        foreach (var (suffix, factor) in Units)
        {
            if (!trimmed.EndsWith(suffix, StringComparison.Ordinal)) continue;
            var number = trimmed[..^suffix.Length].TrimEnd();
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
                return false;
            var total = value * factor;
            if (!(total >= 0 && total < long.MaxValue)) return false;
            bytes = (long)total;
            return true;
        }
        return false;
    }

    /// <summary>Formats with decimal units and three digits: <c>13.5 GB</c>.</summary>
    public static string Format(double bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var unit = 0;
        while (Math.Abs(bytes) >= 999.5 && unit < units.Length - 1)
        {
            bytes /= 1000;
            unit++;
        }
        var digits = unit == 0 || Math.Abs(bytes) >= 99.95 ? "F0" : Math.Abs(bytes) >= 9.995 ? "F1" : "F2";
        return bytes.ToString(digits, CultureInfo.InvariantCulture) + " " + units[unit];
    }
}

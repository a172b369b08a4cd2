using System.Globalization;

namespace FastMerge.Interop;

/// <summary>How much memory the machine, or the container, has left.</summary>
static class FreeMemory
{
    /// <summary>Bytes available without swapping.</summary>
    public static long Bytes()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return Math.Min(limit, Available() ?? limit);
    }

    static long? Available()
    {
        const string Key = "MemAvailable:";
        if (!File.Exists("/proc/meminfo")) return null;
        var line = File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        var fields = line?[Key.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.TryParse(fields?.FirstOrDefault(), CultureInfo.InvariantCulture, out var kibibytes)
            ? kibibytes << 10 : null;
    }
}

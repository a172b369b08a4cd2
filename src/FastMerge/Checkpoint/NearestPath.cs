using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Finds what a mistyped path may have meant.</summary>
static class NearestPath
{
    const int MaxEntries = 2000;
    const int Slips = 2;
    const string CachePrefix = "models--";

    /// <summary>As in <c>; nearest is 'models/base'</c>; empty if nothing is near.</summary>
    public static string Text(string path, IStorage storage, HubCache hub)
    {
        try
        {
            return (Find(path, storage) ?? FindId(path, storage, hub)) is not { } nearest ? ""
                : $"; nearest is '{DisplayText.Escape(nearest)}'";
        }
        catch (FastMergeException)
        {
            return "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>The existing folder or weights file whose path is nearest to one that does not exist.</summary>
    static string? Find(string path, IStorage storage)
    {
        var parent = Path.GetDirectoryName(path) ?? "";
        while (parent.Length > 0 && storage.Stat(parent).Kind != EntryKind.Folder)
            parent = Path.GetDirectoryName(parent) ?? "";
        var rest = Path.GetRelativePath(parent.Length == 0 ? "." : parent, path);
        var near = DisplayText.Nearest(rest, Below(parent, rest, storage));
        return near is null ? null : Path.Combine(parent, near);
    }

    /// <summary>Paths below a folder that begin about as the text does, in the order of their depth.</summary>
    static List<string> Below(string parent, string rest, IStorage storage)
    {
        var found = new List<string>();
        var depth = rest.Count(c => c == '/') + 2;
        var level = new List<string> { "" };
        for (var i = 0; i < depth && level.Count > 0; i++)
        {
            var next = new List<string>();
            foreach (var folder in level)
                foreach (var name in storage.List(Path.Combine(parent.Length == 0 ? "." : parent, folder)))
                {
                    var entry = folder.Length == 0 ? name : $"{folder}/{name}";
                    if (found.Count + next.Count >= MaxEntries || !IsPrefixNear(entry, rest)) continue;
                    if (storage.Stat(Path.Combine(parent, entry)).Kind == EntryKind.Folder) next.Add(entry);
                    else if (name.EndsWith(".safetensors", StringComparison.Ordinal)) found.Add(entry);
                }
            found.AddRange(next);
            level = next;
        }
        return found;
    }

    static bool IsPrefixNear(string entry, string rest) =>
        DisplayText.EditDistance(entry, rest[..Math.Min(entry.Length, rest.Length)])
            <= Math.Max(Slips, entry.Length / 3);

    static string? FindId(string path, IStorage storage, HubCache hub) =>
        !HubCache.TryParseId(path, out var id, out _) ? null : DisplayText.Nearest(id, storage.List(hub.Root)
            .Where(n => n.StartsWith(CachePrefix, StringComparison.Ordinal))
            .Select(n => n[CachePrefix.Length..].Replace("--", "/", StringComparison.Ordinal)));
}

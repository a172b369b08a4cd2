using System.Text;

namespace FastMerge.Checkpoint;

/// <summary>The local cache of the Hugging Face hub: <c>models--org--name/{blobs,refs,snapshots}</c>.</summary>
sealed record HubCache(string Root)
{
    const string Main = "main";

    /// <summary>The cache that the environment names, as the hub's own client finds it.</summary>
    public static HubCache FromEnvironment()
    {
        if (Variable("HF_HUB_CACHE") is { } cache) return new(cache);
        if (Variable("HF_HOME") is { } home) return new(Path.Combine(home, "hub"));
        var user = Variable("XDG_CACHE_HOME") ?? Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new(Path.Combine(user, "huggingface", "hub"));
    }

    /// <summary>Whether a text has the form <c>org/name</c> or <c>name</c>, with or without <c>@revision</c>.</summary>
    public static bool TryParseId(string text, out string id, out string revision)
    {
        var at = text.IndexOf('@');
        (id, revision) = at < 0 ? (text, Main) : (text[..at], text[(at + 1)..]);
        var parts = id.Split('/');
        return parts.Length <= 2 && parts.All(IsName) && revision.Split('/').All(IsName);
    }

    /// <summary>The folder of a snapshot, and its commit; null when the cache does not hold the revision.</summary>
    public (string Folder, string Commit)? Find(string id, string revision, IStorage storage)
    {
        var repository = Path.Combine(Root, "models--" + id.Replace("/", "--", StringComparison.Ordinal));
        var commit = IsCommit(revision) ? revision : ReadReference(Path.Combine(repository, "refs", revision), storage);
        if (commit is null) return null;
        var folder = Path.Combine(repository, "snapshots", commit);
        return storage.Stat(folder).Kind == EntryKind.Folder ? (folder, commit) : null;
    }

    /// <summary>
    /// The name of the blob that a snapshot's file links to: the SHA-256 of a large file's content; null for a file
    /// that is no link into <c>blobs</c>.
    /// </summary>
    public static string? BlobName(string path)
    {
        string? target;
        try
        {
            target = new FileInfo(path).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        if (target is null || Path.GetFileName(Path.GetDirectoryName(target)) != "blobs") return null;
        var name = Path.GetFileName(target);
        return name.Length is 40 or 64 && name.All(char.IsAsciiHexDigitLower) ? name : null;
    }

    static string? ReadReference(string path, IStorage storage)
    {
        if (storage.Stat(path) is not { Kind: EntryKind.File, Length: < 1024 }) return null;
        var text = Encoding.ASCII.GetString(InputFile.ReadAll(storage, path, 1024)!).Trim();
        return IsCommit(text) ? text : throw SafetensorsHeader.Bad(path, "it should hold a commit of 40 hex digits");
    }

    static bool IsCommit(string text) => text.Length == 40 && text.All(char.IsAsciiHexDigit);

    static bool IsName(string part) => part.Length is > 0 and <= 128 && part is not ("." or "..")
        && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    static string? Variable(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        if (string.IsNullOrEmpty(value)) return null;
        return value == "~" || value.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + value[1..]
            : value;
    }
}

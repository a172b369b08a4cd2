using System.Security.Cryptography;

namespace FastMerge.Testing.Processes;

/// <summary>What a folder holds: every file's path and hash, hidden ones too, and every folder.</summary>
public static class FolderContent
{
    /// <summary>A text of one line for each entry; equal texts mean equal folders.</summary>
    public static string Of(string folder) => string.Join('\n', Entries(folder).Order(StringComparer.Ordinal));

    static IEnumerable<string> Entries(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(folder, path);
            if (Directory.Exists(path)) yield return $"{name}/";
            else
            {
                using var file = File.OpenRead(path);
                yield return $"{name} {file.Length} {Convert.ToHexStringLower(SHA256.HashData(file))}";
            }
        }
    }
}

using FastMerge.Testing;

namespace FastMerge.Tests.Conventions;

/// <summary>A text file of the repository; the path is relative to its root, with forward slashes.</summary>
sealed record SourceFile(string Path, string Text)
{
    static readonly string[] BuildFolders =
        [".git", ".vs", ".vscode", "artifacts", "bin", "obj", "TestResults", "BenchmarkDotNet.Artifacts"];

    static readonly string[] TextExtensions =
    [
        ".cs", ".h", ".inl", ".c", ".cpp", ".sh", ".md", ".csproj", ".props", ".targets", ".cmake", ".txt", ".yml",
        ".json",
    ];

    static readonly Lazy<IReadOnlyList<SourceFile>> Repository = new(() => [.. Read(RepositoryFolder.Root)]);

    /// <summary>Every text file but built ones, test data and lock files.</summary>
    public static IReadOnlyList<SourceFile> All => Repository.Value;

    public static IEnumerable<SourceFile> Under(string folder, params string[] extensions) => All.Where(file =>
        file.Path.StartsWith(folder, StringComparison.Ordinal)
        && extensions.Contains(System.IO.Path.GetExtension(file.Path)));

    public string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    public string Folder => System.IO.Path.GetDirectoryName(Path)!.Replace('\\', '/');

    public string[] Lines { get; } = Text.Split('\n');

    /// <summary>A problem for each line that matches.</summary>
    public IEnumerable<string> Where(Func<string, bool> isWrong, string message) => Lines
        .Select((line, i) => (line, Number: i + 1))
        .Where(l => isWrong(l.line))
        .Select(l => $"{Path}:{l.Number}: {message}: {l.line.Trim()}");

    static IEnumerable<SourceFile> Read(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(IsText).Order(StringComparer.Ordinal))
            yield return new(System.IO.Path.GetRelativePath(RepositoryFolder.Root, file), File.ReadAllText(file));
        foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            if (!IsSkipped(inner))
                foreach (var file in Read(inner))
                    yield return file;
    }

    static bool IsSkipped(string folder) => BuildFolders.Contains(System.IO.Path.GetFileName(folder))
        || System.IO.Path.GetRelativePath(RepositoryFolder.Root, folder) is "tests/golden" or "tests/malformed";

    static bool IsText(string path) =>
        System.IO.Path.GetFileName(path) is var name && name is not ("packages.lock.json" or "LICENSE")
        && (TextExtensions.Contains(System.IO.Path.GetExtension(name))
            || path.EndsWith("/.ci/run", StringComparison.Ordinal)
            || name is ".editorconfig" or ".gitignore" or ".clang-format" or "NOTICE");
}

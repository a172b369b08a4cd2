namespace FastMerge.Testing;

/// <summary>Where the source tree is, found from the folder the tests run in.</summary>
public static class RepositoryFolder
{
    public static string Root { get; } = Find();

    public static string Combine(params string[] parts) => Path.Combine([Root, .. parts]);

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "FastMerge.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"FastMerge.sln is not above {AppContext.BaseDirectory}");
    }
}

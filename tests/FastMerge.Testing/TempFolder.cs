namespace FastMerge.Testing;

/// <summary>A new folder for one test, removed with all it holds.</summary>
public sealed class TempFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("fastmerge-test-").FullName;

    /// <summary>A path below the folder; its parent exists afterwards.</summary>
    public string this[string relative]
    {
        get
        {
            var path = Path.Combine(Root, relative);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return path;
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

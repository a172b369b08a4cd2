using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Tests.Conventions;

/// <summary>The repository keeps its own rules.</summary>
public class ConventionTests
{
    static void None(IEnumerable<string> problems) =>
        Assert.True(!problems.Any(), string.Join('\n', problems.Take(20)));

    static IEnumerable<SourceFile> Product => SourceFile.Under("src/FastMerge/", ".cs")
        .Concat(SourceFile.Under("src/FastMerge.Cli/", ".cs"));

    static IEnumerable<SourceFile> Code => SourceFile.Under("", ".cs", ".h", ".inl", ".c", ".cpp", ".sh", ".cmake");

    [Fact]
    public void Tree_IsRead() => Assert.True(SourceFile.All.Count > 60 && Product.Count() > 30);

    [Fact]
    public void Layers_UseOnlyWhatTheyMay() => None(Product.SelectMany(LayerRules.Check));

    [Fact]
    public void Namespaces_AreFolders() => None(SourceFile.Under("", ".cs").SelectMany(LayerRules.CheckNamespace));

    [Fact]
    public void NativeImports_AreInInterop() => None(Product.SelectMany(PlatformRules.CheckNative));

    [Fact]
    public void Files_AreOpenedByCheckpoint() => None(Product.SelectMany(PlatformRules.CheckFiles));

    [Fact]
    public void Files_AreShort_LinesNarrow() => None(Code.SelectMany(TextRules.CheckSize));

    [Fact]
    public void Text_HasNoTabsOrTrailingBlanks() => None(SourceFile.All.SelectMany(TextRules.CheckBlanks));

    [Fact]
    public void Text_HasNoForbiddenWords() => None(SourceFile.All.SelectMany(TextRules.CheckWords));

    [Fact]
    public void Methods_HaveOneDocumentedFileEach()
    {
        foreach (var method in MethodCatalog.All)
        {
            var file = Assert.Single(
                SourceFile.Under("src/FastMerge/Methods/", ".cs"), f => f.Name == method.GetType().Name);
            Assert.Contains("/// <summary>", file.Text, StringComparison.Ordinal);
            Assert.Contains("Source: ", file.Text, StringComparison.Ordinal);
            Assert.Contains("Computes: ", file.Text, StringComparison.Ordinal);
            Assert.True(file.Lines.Length <= 80, $"{file.Path}: {file.Lines.Length} lines, at most 80");
            Assert.All(method.Signature.Parameters, p => Assert.NotEmpty(p.Summary));
        }
        Assert.Equal(MethodCatalog.All.Count, SourceFile.Under("src/FastMerge/Methods/", ".cs").Count());
    }

    /// <summary>Adding a method is one file: nothing else in the product knows a method by name.</summary>
    [Fact]
    public void Methods_AreNamedInTheirOwnFileOnly()
    {
        var others = Product.Concat(SourceFile.Under("native/", ".h", ".cpp", ".inl"))
            .Where(f => !f.Path.StartsWith("src/FastMerge/Methods/", StringComparison.Ordinal)).ToArray();
        Assert.True(others.Length > 100);
        foreach (var method in MethodCatalog.All)
            Assert.DoesNotContain(others, f => f.Text.Contains($"\"{method.Signature.Name}\"", StringComparison.Ordinal)
                || f.Text.Contains($"Methods.{method.GetType().Name}", StringComparison.Ordinal));
    }

    [Fact]
    public void Readme_NamesEveryMethodAndExitCode()
    {
        var readme = SourceFile.All.Single(f => f.Path == "README.md");
        Assert.All(MethodCatalog.All, m =>
            Assert.Contains($"`{m.Signature.Name}`", readme.Text, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<FailureKind>(), kind =>
            Assert.Contains($"| {(int)kind} |", readme.Text, StringComparison.Ordinal));
        Assert.True(readme.Lines.Length <= 250, $"README.md: {readme.Lines.Length} lines, at most 250");
    }

    [Fact]
    public void Packages_AreCentralAndLocked()
    {
        foreach (var project in SourceFile.Under("", ".csproj"))
        {
            Assert.DoesNotContain("Version=", project.Text, StringComparison.Ordinal);
            var locked = FastMerge.Testing.RepositoryFolder.Combine(project.Folder, "packages.lock.json");
            Assert.True(File.Exists(locked), $"{locked} is missing");
        }
    }

    [Fact]
    public void PublicTypes_AreFewAndSealed()
    {
        var open = typeof(FastMergeException).Assembly.GetExportedTypes()
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false })
            .Select(t => t.FullName!);
        Assert.Empty(open);
    }
}

namespace FastMerge.Tests.Conventions;

/// <summary>Each rule finds what it is there to find.</summary>
public class RuleTests
{
    static SourceFile File(string path, string text) => new(path, text);

    [Theory]
    [InlineData("Methods/A.cs", "using FastMerge.Backends;", "Methods must not use Backends")]
    [InlineData("Methods/A.cs", "using static FastMerge.Plan.MethodCatalog;", "Methods must not use Plan")]
    [InlineData("Core/A.cs", "    var x = FastMerge.Engine.Journal.Open();", "Core must not use Engine")]
    [InlineData("Engine/Run/A.cs", "using FastMerge.Recipe;", "Engine must not use Recipe")]
    [InlineData("Other/A.cs", "", "Other is not a layer")]
    [InlineData("Merger.cs", "using FastMerge.Methods;", "Merger must not use Methods")]
    public void Layers_Violations_AreFound(string path, string line, string message)
    {
        var problem = Assert.Single(LayerRules.Check(File("src/FastMerge/" + path, line)));
        Assert.Contains(message, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("src/FastMerge/Methods/A.cs", "using FastMerge.Primitives;")]
    [InlineData("src/FastMerge/Engine/A.cs", "// FastMerge.Recipe is not used here")]
    [InlineData("tests/FastMerge.Tests/Recipe/A.cs", "using FastMerge.Engine;")]
    public void Layers_AllowedUses_Pass(string path, string line) => Assert.Empty(LayerRules.Check(File(path, line)));

    [Fact]
    public void Namespace_OtherThanFolder_IsFound()
    {
        Assert.Single(LayerRules.CheckNamespace(File("src/FastMerge/Plan/A.cs", "namespace FastMerge.Engine;\n")));
        Assert.Empty(LayerRules.CheckNamespace(File("src/FastMerge/Plan/A.cs", "namespace FastMerge.Plan;\n")));
    }

    [Theory]
    [InlineData("    [Library" + "Import(\"x\")]")]
    [InlineData("    [Dll" + "Import(\"x\")]")]
    public void NativeImports_OutsideInterop_AreFound(string line)
    {
        Assert.Single(PlatformRules.CheckNative(File("src/FastMerge/Engine/A.cs", line)));
        Assert.Empty(PlatformRules.CheckNative(File("src/FastMerge/Interop/A.cs", line)));
    }

    [Theory]
    [InlineData("var text = File.ReadAllText(path);")]
    [InlineData("using var file = new FileStream(path, FileMode.Open);")]
    [InlineData("RandomAccess.Read(handle, buffer, 0);")]
    public void FilesOpened_OutsideCheckpoint_AreFound(string line)
    {
        Assert.Single(PlatformRules.CheckFiles(File("src/FastMerge/Engine/A.cs", line)));
        Assert.Empty(PlatformRules.CheckFiles(File("src/FastMerge/Checkpoint/A.cs", line)));
    }

    [Fact]
    public void Size_TooLongOrTooWide_IsFound()
    {
        Assert.Empty(TextRules.CheckSize(File("a.cs", string.Concat(Enumerable.Repeat("x\n", 500)))));
        Assert.Single(TextRules.CheckSize(File("a.cs", string.Concat(Enumerable.Repeat("x\n", 501)))));
        Assert.Empty(TextRules.CheckSize(File("a.cs", new string('x', 120) + "\n")));
        Assert.Single(TextRules.CheckSize(File("a.cs", new string('x', 121) + "\n")));
    }

    [Theory]
    [InlineData("a\tb\n")]
    [InlineData("a \n")]
    [InlineData("a\r\n")]
    [InlineData("a")]
    [InlineData("a\n\n")]
    [InlineData("\ufeffa\n")]
    public void Blanks_AreFound(string text) => Assert.Single(TextRules.CheckBlanks(File("a.cs", text)));

    [Theory]
    [InlineData("// TO" + "DO later")]
    [InlineData("var x = 1; // FIX" + "ME")]
    [InlineData("cp /wo" + "rk/x .")]
    [InlineData("path: /ho" + "me/me/models")]
    [InlineData("https://api.nug" + "et.org/v3/index.json")]
    [InlineData("see sha" + "red/design.md")]
    [InlineData("asked for in issue" + " 2")]
    public void ForbiddenWords_AreFound(string line) => Assert.Single(TextRules.CheckWords(File("a.md", line)));

    [Theory]
    [InlineData("the library is shared by all")]
    [InlineData("url: https://example.com/home")]
    [InlineData("a frame/work/x")]
    public void OrdinaryWords_Pass(string line) => Assert.Empty(TextRules.CheckWords(File("a.md", line)));
}

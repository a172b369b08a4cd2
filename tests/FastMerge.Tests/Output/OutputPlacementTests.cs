using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

public class OutputPlacementTests
{
    readonly MemoryStorage _storage = new();

    public OutputPlacementTests() => _storage.Put("/models/a/model.safetensors", "x"u8);

    [Theory]
    [InlineData("/models/a")]
    [InlineData("/models/a/")]
    [InlineData("/models/b/../a")]
    [InlineData("/models/a/merged")]
    [InlineData("/models/a/deep/er/merged")]
    public void AnOutputInAnInput_IsRefused(string output) =>
        OutputScenario.Fails(FailureKind.Usage, () => Check(output, "/models/a"));

    [Theory]
    [InlineData("/models/merged")]
    [InlineData("/models/ab")]
    [InlineData("/models")]
    [InlineData("/elsewhere/a")]
    public void OtherPlaces_AreFine(string output) => Check(output, "/models/a");

    [Fact]
    public void TheFolderOfASingleFile_IsRefusedButNotOneBesideTheFile()
    {
        OutputScenario.Fails(FailureKind.Usage, () => Check("/models/a", "/models/a/model.safetensors"));
        Check("/models/a/merged", "/models/a/model.safetensors");
    }

    [Fact]
    public void ALinkIntoAnInput_IsRefused()
    {
        var root = Directory.CreateTempSubdirectory("fastmerge").FullName;
        try
        {
            Directory.CreateDirectory(Path.Join(root, "input", "sub"));
            Directory.CreateSymbolicLink(Path.Join(root, "link"), Path.Join(root, "input", "sub"));
            OutputScenario.Fails(FailureKind.Usage, () => OutputPlacement.Check(
                FileStorage.Instance, Path.Join(root, "link", "merged"), [Path.Join(root, "input")]));
            OutputPlacement.Check(FileStorage.Instance, Path.Join(root, "merged"), [Path.Join(root, "input")]);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    void Check(string output, string input) => OutputPlacement.Check(_storage, output, [input]);
}

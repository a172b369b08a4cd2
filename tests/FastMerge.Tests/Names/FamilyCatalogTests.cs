using System.Text.Json.Nodes;
using FastMerge.Names;
using FastMerge.Tests.Conventions;

namespace FastMerge.Tests.Names;

/// <summary>The families are data: each in its own file, each found.</summary>
public class FamilyCatalogTests
{
    [Fact]
    public void Families_HaveOneFileEach()
    {
        var files = SourceFile.Under("src/FastMerge/Names/Families/", ".cs").ToArray();
        Assert.Equal(files.Length, FamilyCatalog.All.Count);
        Assert.All(files, file =>
        {
            Assert.InRange(file.Lines.Length - 1, 10, 45);
            Assert.Contains($"static class {file.Name}\n", file.Text, StringComparison.Ordinal);
        });
        Assert.Equal(files.Length, FamilyCatalog.All.Select(f => f.Name).Distinct().Count());
    }

    [Fact]
    public void Families_CanBeRecognized() => Assert.All(FamilyCatalog.All, family =>
    {
        Assert.NotEmpty(family.ModelTypes);
        Assert.NotEmpty(family.Architectures);
        Assert.NotEmpty(family.Modules);
        Assert.All(family.ModelTypes, type =>
            Assert.Same(family, FamilyCatalog.OfConfig(new() { ["model_type"] = type })));
        Assert.All(family.Architectures, name =>
            Assert.Same(family, FamilyCatalog.OfConfig(new() { ["architectures"] = new JsonArray(name) })));
    });
}

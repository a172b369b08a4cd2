using System.Text.Json;
using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

public class GoldenRecipeTests
{
    static string Folder { get; } = Find();

    /// <summary>The names and methods of the golden cases.</summary>
    public static TheoryData<string, string> Cases()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "MANIFEST.json")));
        var cases = new TheoryData<string, string>();
        foreach (var golden in manifest.RootElement.GetProperty("cases").EnumerateArray())
            cases.Add(golden.GetProperty("name").GetString()!, golden.GetProperty("method").GetString()!);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recipe_IsBoundWithoutWarnings(string name, string method)
    {
        var options = new RecipeOptions();
        var recipe = RecipeReader.ReadFile(Path.Combine(Folder, name, "config.yml"), options);
        var bound = FastMerge.Plan.BoundRecipe.Bind(recipe, options);
        Assert.Equal(method, bound.Method.Signature.Name);
        Assert.Empty(bound.Warnings);
        Assert.False(bound.VariesByTensor);
        Assert.All(bound.Models, m => Assert.True(Directory.Exists(Path.Combine(Folder, m.Model.ModelPath))));
    }

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "FastMerge.sln")))
                return Path.Combine(folder.FullName, "tests", "golden", "mergekit");
        throw new InvalidOperationException($"FastMerge.sln is not above {AppContext.BaseDirectory}");
    }
}

using FastMerge.Recipe;
using FastMerge.Testing;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.Recipe;

public class GoldenRecipeTests
{
    static readonly string Folder = RepositoryFolder.Combine("tests", "golden", "mergekit");

    public static TheoryData<GoldenCase> Cases() => [.. GoldenManifest.Load(Folder).Cases];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recipe_IsBoundWithoutWarnings(GoldenCase golden)
    {
        var options = new RecipeOptions();
        var recipe = RecipeReader.ReadDocuments(Path.Combine(Folder, golden.Name, "config.yml"), options).Output;
        var bound = FastMerge.Plan.BoundRecipe.Bind(recipe, options);
        Assert.Equal(golden.Method, bound.Method.Signature.Name);
        Assert.Empty(bound.Warnings);
        Assert.All(bound.Models, m => Assert.True(Directory.Exists(Path.Combine(Folder, m.Model.ModelPath))));
    }
}

using FastMerge.Checkpoint;

namespace FastMerge.Tests.Checkpoint;

public sealed class ModelCardTests
{
    static ModelCard Card => new()
    {
        Methods = ["ties"],
        Base = "org/base",
        Models = ["org/base", "org/math@v1", "./local"],
        Recipe = "merge_method: ties\r\nmodels: []\r\n",
    };

    [Fact]
    public void TheCard_HasFrontMatterModelsAndRecipe()
    {
        const string expected = """
            ---
            base_model:
            - org/base
            - org/math
            base_model_relation: merge
            library_name: transformers
            license: apache-2.0
            tags:
            - fastmerge
            - merge
            ---
            # Merged model

            Merged with FastMerge by the method `ties`.

            ## Models

            - `org/base` (base model)
            - `org/math@v1`
            - `./local`

            ## Recipe

            ```yaml
            merge_method: ties
            models: []
            ```

            """;
        Assert.Equal(expected, (Card with { License = "apache-2.0" }).ToString());
    }

    [Fact]
    public void LocalModels_AreNotInTheFrontMatter()
    {
        var text = (Card with { Base = null, Models = ["/data/a", "b", "dir/c"], LocalModels = ["dir/c"] }).ToString();
        Assert.DoesNotContain("base_model", text, StringComparison.Ordinal);
        Assert.Contains("- `/data/a`\n- `b`\n- `dir/c`\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void HostileText_StaysInItsPlace()
    {
        var text = (Card with
        {
            License = "x\ntags: [y]",
            Models = ["a`b\u001b[2J"],
            Recipe = "a: |\n  ```\n  # Not a heading\n\tx\u202e",
        }).ToString();
        Assert.Contains("license: \"x\\ntags: [y]\"\n", text, StringComparison.Ordinal);
        Assert.Contains("- `` a`b\\u001b[2J ``\n", text, StringComparison.Ordinal);
        Assert.Contains("````yaml\na: |\n  ```\n  # Not a heading\n\tx\\u202e\n````\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralMethods_AreAllNamed() => Assert.Contains("by the methods `ties`, `slerp`.\n",
        (Card with { Methods = ["ties", "slerp"] }).ToString(), StringComparison.Ordinal);
}

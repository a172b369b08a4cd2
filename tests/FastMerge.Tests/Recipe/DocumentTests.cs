using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class DocumentTests
{
    static RecipeFile Documents(string text) => RecipeReader.ParseDocuments(text, "r.yml", Strict);

    static string Document(string? name, params string[] models) =>
        (name is null ? "" : $"name: {name}\n") + "merge_method: linear\nmodels:\n"
        + string.Concat(models.Select(m => $"- {{model: {m}, parameters: {{weight: 1}}}}\n"));

    [Fact]
    public void Stages_ComeBeforeWhatUsesThem()
    {
        var file = Documents(string.Join("---\n",
            Document(null, "second", "first", "x"), Document("second", "first", "y"), Document("first", "a+b", "c")));
        Assert.Equal(["first", "second", null], file.Stages.Select(s => s.Name?.Value));
        Assert.Same(file.Documents[0], file.Output);
        Assert.Same(file.Documents[1], file.StageOf(file.Output.Models[0].Model));
        Assert.Null(file.StageOf(file.Output.Models[2].Model));
        Assert.Empty(file.Warnings);
        Assert.Equal("r.yml:7:1", file.Documents[1].Span.ToString());
    }

    [Fact]
    public void StageNamesInSlicesModulesAndBases_Count()
    {
        var file = Documents("""
            merge_method: passthrough
            modules:
              text_decoder:
                slices:
                - sources: [{model: a, layer_range: [0, 1]}]
                  base_model: s1
                - sources: [{model: s2, layer_range: [0, 1]}]
              vision_tower: {models: [{model: s3}]}
            ---
            name: s2
            merge_method: linear
            base_model: s1
            models: [{model: s1}]
            ---
            name: s3
            merge_method: linear
            models: [{model: a}]
            ---
            name: s1
            merge_method: linear
            models: [{model: a}]
            """);
        Assert.Equal(["s1", "s2", "s3", null], file.Stages.Select(s => s.Name?.Value));
    }

    [Fact]
    public void WithoutAnUnnamedDocument_TheLastIsTheOutput()
    {
        var file = Documents(Document("two", "one") + "---\n" + Document("one", "a"));
        Assert.Equal("two", file.Output.Name?.Value);
    }

    [Fact]
    public void UnusedStage_IsAWarning()
    {
        var file = Documents(Document("lost", "b") + "---\n" + Document(null, "a"));
        Assert.Equal("r.yml:1:7: the merge named 'lost' is not made: the output does not use it",
            Assert.Single(file.Warnings).ToString());
        Assert.Single(file.Stages);
    }

    [Fact]
    public void NameWithPlus_IsAStageIfADocumentHasIt()
    {
        var file = Documents(Document("a+b", "c") + "---\n" + Document(null, "a+b"));
        Assert.Same(file.Documents[0], file.StageOf(file.Output.Models[0].Model));
    }

    [Fact]
    public void EmptyDocuments_AreNone()
    {
        var file = Documents("---\n---\n" + Document(null, "a") + "---\n# the end\n...\n");
        Assert.Single(file.Documents);
    }

    [Theory]
    [InlineData("", "", "r.yml:5:1: two documents have no 'name', the first at line 1")]
    [InlineData("name: x\n", "name: x\n", "r.yml:6:7: name 'x' is given twice, first at line 1")]
    [InlineData("name: x\n", "name: y\nbase_model: x\n", "")]
    public void Names_TellDocumentsApart(string first, string second, string expected)
    {
        const string Rest = "merge_method: linear\nmodels: [{model: a}]\n";
        var text = $"{first}{Rest}\n---\n{second}{Rest}";
        if (expected.Length == 0) Assert.Equal("y", Documents(text).Output.Name?.Value);
        else Assert.StartsWith(expected, Failure(() => Documents(text)), StringComparison.Ordinal);
    }

    [Fact]
    public void Circle_IsRefused()
    {
        var text = string.Join("---\n", Document("a", "b"), Document("b", "c"), Document("c", "b"));
        Assert.Equal("r.yml:6:7: these merges need each other: 'b', 'c'", Failure(() => Documents(text)));
        Assert.Equal(
            "r.yml:1:7: merge 'a' takes its own result as a model; accepted: a name that is no model of it",
            Failure(() => Documents(Document("a", "a"))));
    }

    [Fact]
    public void Anchors_EndWithTheirDocument()
    {
        const string Text = "name: &n x\nmerge_method: linear\nmodels: [{model: a}]\n---\nmerge_method: *n\n";
        Assert.Equal("r.yml:5:15: alias '*n' has no anchor", Failure(() => Documents(Text)));
    }

    [Fact]
    public void Rules_AreReadInOrder()
    {
        var recipe = Read("""
            merge_method: ties
            base_model: b
            models: [{model: a}]
            rules:
            - tensors: {class: norm}
              merge_method: linear
              parameters: {weight: [0, 1]}
            - {tensors: lm_head, merge_method: passthrough}
            """);
        Assert.Equal(["linear", "passthrough"], recipe.Rules.Select(r => r.MergeMethod.Value));
        Assert.Equal(["class norm", "name lm_head"], recipe.Rules.Select(r => r.Tensors.ToString()));
        Assert.NotNull(recipe.Rules[0].Parameters["weight"]);
        Assert.Equal("r.yml:8:3", recipe.Rules[1].Span.ToString());
    }

    [Theory]
    [InlineData("rules: []", "r.yml:3:8: 'rules' is empty")]
    [InlineData("rules: {}", "r.yml:3:8: 'rules' must be a list")]
    [InlineData("rules: [{merge_method: linear}]", "r.yml:3:9: 'tensors' is missing")]
    [InlineData("rules: [{tensors: x}]", "r.yml:3:9: 'merge_method' is missing")]
    [InlineData("rules: [{tensors: x, merge_methd: y}]", "r.yml:3:22: unknown key 'merge_methd' in an")]
    public void MisshapenRule_IsRefused(string rules, string expected) => Assert.StartsWith(
        expected, ReadFailure("merge_method: ties\nmodels: [{model: a}]\n" + rules), StringComparison.Ordinal);
}

using FastMerge.Core;
using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class SelectorTests
{
    const string Up = "model.layers.3.mlp.up_proj.weight";

    static Selector Tensors(string text) =>
        Read($"merge_method: ties\nmodels: [{{model: a}}]\nrules: [{{tensors: {text}, merge_method: linear}}]")
            .Rules[0].Tensors;

    static bool Matches(string text, string name, TensorRole role = TensorRole.Mlp, int? layer = 3, int? expert = null)
        => Tensors(text).Matches(new(name, role, layer, expert));

    [Theory]
    [InlineData("mlp", true)]
    [InlineData("'*'", true)]
    [InlineData("Mlp", false)]
    [InlineData("{name: up_proj}", true)]
    [InlineData("{name: '*'}", true)]
    [InlineData("{regex: '^model\\.layers\\.[0-3]\\.'}", true)]
    [InlineData("{regex: '\\.(gate|up)_proj\\.weight$'}", true)]
    [InlineData("{regex: '^mlp'}", false)]
    [InlineData("{glob: 'model.layers.*.mlp.*'}", true)]
    [InlineData("{glob: 'mlp.*'}", false)]
    [InlineData("{glob: '*.layers.?.mlp.up_proj.weigh'}", false)]
    [InlineData("{glob: '*.layers.?.*weight'}", true)]
    [InlineData("{layers: 3}", true)]
    [InlineData("{layers: '0-2,4-5'}", false)]
    [InlineData("{layers: [0-2, 3]}", true)]
    [InlineData("{class: mlp}", true)]
    [InlineData("{class: [norm, mlp]}", true)]
    [InlineData("{class: final_norm}", false)]
    [InlineData("{experts: 0-7}", false)]
    [InlineData("{name: mlp, class: mlp, layers: 0-3}", true)]
    [InlineData("{name: mlp, class: mlp, layers: 0-2}", false)]
    public void Selector_TakesATensorIfEveryConditionHolds(string text, bool expected) =>
        Assert.Equal(expected, Matches(text, Up));

    [Theory]
    [InlineData("{layers: 0-100}")]
    [InlineData("{experts: 0-100}")]
    public void TensorOutsideTheLayers_IsInNoRange(string text)
    {
        Assert.False(Matches(text, "model.norm.weight", TensorRole.FinalNorm, null));
        Assert.True(Matches(text, Up, TensorRole.Expert, 5, 7));
    }

    [Theory]
    [InlineData("{}", "r.yml:3:19: the selector has no condition")]
    [InlineData("[a]", "r.yml:3:19: 'tensors' is a list; accepted: a part of a tensor's name, or a mapping with name")]
    [InlineData("{clas: mlp}", "r.yml:3:20: unknown key 'clas' in a selector, nearest is 'class'")]
    [InlineData("{class: mpl}", "r.yml:3:27: 'class' is 'mpl', nearest is 'mlp'; accepted: other, embedding, head")]
    [InlineData("{class: [norm, mpl]}", "r.yml:3:34: 'class' is 'mpl'")]
    [InlineData("{layers: 3-1}", "r.yml:3:28: 'layers' is '3-1'; accepted: numbers and ranges with both ends")]
    [InlineData("{layers: -1}", "r.yml:3:28: 'layers' is '-1'")]
    [InlineData("{layers: 0-3-4}", "r.yml:3:28: 'layers' is '0-3-4'")]
    [InlineData("{layers: 1.5}", "r.yml:3:28: 'layers' is '1.5'")]
    [InlineData("{experts: all}", "r.yml:3:29: 'experts' is 'all'")]
    [InlineData("{layers: []}", "r.yml:3:28: 'layers' is an empty list")]
    [InlineData("{regex: 'ab[c'}", "r.yml:3:32: 'regex' is 'ab[c': Unterminated [] set")]
    [InlineData("{regex: '(a'}", "r.yml:3:30: 'regex' is '(a': Not enough )'s")]
    [InlineData("{regex: '(?=a)'}", "r.yml:3:27: 'regex' is '(?=a)': backward references, look-around and")]
    [InlineData("{regex: '(a)\\1'}", "r.yml:3:27: 'regex' is '(a)\\u005c1'")]
    [InlineData("{glob: [a]}", "r.yml:3:26: 'glob' is a list; accepted: a word")]
    public void MisshapenSelector_IsRefused(string text, string expected) => Assert.StartsWith(
        expected.Replace("\\u005c", "\\", StringComparison.Ordinal), Failure(() => Tensors(text)),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("(a*)*b")]
    [InlineData("(x+x+)+y")]
    public void HostilePattern_TakesLinearTime(string pattern)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.False(Matches($"{{regex: '^{pattern}$'}}", new string('a', 50_000)));
        Assert.False(Matches($"{{glob: '{string.Concat(Enumerable.Repeat("*a", 50))}b'}}", new string('a', 5_000)));
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
    }

    [Theory]
    [InlineData("(((a{1000}){1000}){1000})")]
    [InlineData("(a?){1000}(b?){1000}")]
    public void PatternThatGrows_IsRefusedOrQuick(string pattern)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        try
        {
            Assert.False(Matches($"{{regex: '^{pattern}$'}}", new string('a', 5_000) + "c"));
        }
        catch (FastMergeException e)
        {
            Assert.Equal(FailureKind.Recipe, e.Kind);
        }
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
    }

    [Fact]
    public void Selector_DescribesItself()
    {
        Assert.Equal("*", Tensors("'*'").ToString());
        Assert.Equal("name up, regex u.$, glob *, layers 0-3,8, class norm or mlp, experts 1", Tensors(
            "{name: up, regex: 'u.$', glob: '*', layers: '0-3,8', class: [norm, mlp], experts: 1}").ToString());
    }

    [Fact]
    public void RoleWords_AreSnakeCase()
    {
        Assert.Equal("shared_expert", TensorRole.SharedExpert.Word());
        Assert.All(Enum.GetValues<TensorRole>(), r => Assert.Equal(r, TensorRoleWords.Find(r.Word())));
        Assert.Null(TensorRoleWords.Find("SharedExpert"));
    }
}

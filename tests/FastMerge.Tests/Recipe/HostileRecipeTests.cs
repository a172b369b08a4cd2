using System.Diagnostics;
using System.Text;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Recipe;
using static FastMerge.Tests.Recipe.RecipeText;

namespace FastMerge.Tests.Recipe;

public class HostileRecipeTests
{
    const string Good = "merge_method: linear\nparameters: {weight: 1}\nmodels: [{model: a}, {model: b}]\n";

    static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();

    /// <summary>The message of a refusal, which must not take time that grows with the square.</summary>
    static string QuickFailure(string text)
    {
        var watch = Stopwatch.StartNew();
        var message = ReadFailure(text);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
        Assert.InRange(message.Length, 1, 400);
        return message;
    }

    static string FileFailure(string path) => Failure(() => RecipeReader.ReadDocuments(path, Strict));

    [Fact]
    public void FiveMegabytes_AreRefused()
    {
        const string Expected = "is larger than 1048576 bytes, the most that is read";
        var text = Good + Repeat("# padding\n", 520_000);
        Assert.EndsWith(Expected, QuickFailure(text), StringComparison.Ordinal);
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            File.WriteAllText(path, text);
            Assert.EndsWith(Expected, FileFailure(path), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void LargestRecipe_IsReadQuickly()
    {
        var watch = Stopwatch.StartNew();
        Assert.Equal(2, Read(Good + Repeat("# padding\n", 104_000)).Models.Length);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 10_000);
    }

    [Theory]
    [InlineData("[", "nested more than 32 levels deep")]
    [InlineData("{a: ", "nested more than 32 levels deep")]
    [InlineData("- ", "nested more than 32 levels deep")]
    [InlineData("? ", "nested more than 32 levels deep")]
    [InlineData("{? ", "nested more than 32 levels deep")]
    [InlineData("]", "not valid YAML")]
    [InlineData("&a ", "not valid YAML")]
    [InlineData("!", "")]
    [InlineData("\"", "")]
    [InlineData("'", "")]
    [InlineData("%", "")]
    [InlineData("a: ", "not valid YAML")]
    [InlineData("*a ", "")]
    [InlineData("|", "")]
    [InlineData("- a\n", "more than 50000 values")]
    public void HundredThousandTimes_IsRefusedWithoutHarm(string part, string expected) =>
        Assert.Contains(expected, QuickFailure(Repeat(part, 100_000)), StringComparison.Ordinal);

    [Theory]
    [InlineData("&a [*a]", "r.yml:1:5: alias '*a' contains itself")]
    [InlineData("models: &a {x: [*a]}", "r.yml:1:17: alias '*a' contains itself")]
    [InlineData("models: *nobody", "r.yml:1:9: alias '*nobody' has no anchor")]
    public void CyclicOrLooseAlias_IsRefused(string text, string expected) =>
        Assert.Equal(expected, QuickFailure(text));

    [Fact]
    public void AliasesThatMultiply_AreRefused()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i <= 12; i++)
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("more than 50000 values", QuickFailure(text.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void AliasesThatDeepen_AreRefused()
    {
        var text = new StringBuilder("a0: &a0 [x]\n");
        for (var i = 1; i <= 40; i++) text.Append($"a{i}: &a{i} [*a{i - 1}]\n");
        Assert.Contains("nested more than 32 levels", QuickFailure(text.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void AliasAndMergeKey_ServeAsInOtherReaders()
    {
        var recipe = Read("""
            merge_method: linear
            models:
            - model: a
              parameters: &shared {weight: 1, density: 2}
            - model: b
              parameters: {<<: *shared, weight: 3}
            - {model: c, parameters: *shared}
            """);
        Assert.Equal([1, 3, 1], recipe.Models.Select(m => Number(m, "weight")));
        Assert.Equal([2, 2, 2], recipe.Models.Select(m => Number(m, "density")));
        Assert.Contains("'<<' takes a mapping", QuickFailure("a: {<<: 1}"), StringComparison.Ordinal);
    }

    static double Number(ModelEntry model, string key) =>
        model.Parameters[key]!.At(TensorTraits.OfName("x"), 0)!.AsNumber();

    [Theory]
    [InlineData("", "r.yml:1:1: the recipe is empty")]
    [InlineData("\n\n", "r.yml:1:1: the recipe is empty")]
    [InlineData("# only\n# comments\n", "r.yml:1:1: the recipe is empty")]
    [InlineData("---\n...\n", "the recipe is empty")]
    [InlineData("~", "r.yml:1:1: the recipe is empty")]
    [InlineData("ties", "r.yml:1:1: a recipe must be a mapping; found 'ties'")]
    [InlineData("- merge_method: ties", "r.yml:1:1: a recipe must be a mapping; found a list")]
    [InlineData("models:\n\t- model: a", "not valid YAML: While scanning a mapping, found invalid tab")]
    [InlineData("merge_method: a\nmerge_method: b", "r.yml:2:1: key 'merge_method' is written twice, first at line 1")]
    [InlineData("models: [{model: a, 'model': b}]", "r.yml:1:21: key 'model' is written twice, first at line 1")]
    [InlineData("[a]: b", "a key must be a word")]
    [InlineData("{a: b}: c", "a key must be a word")]
    [InlineData("a: !!python/object/apply:os.system [ls]", "r.yml:1:4: tag 'tag:yaml.org,2002:python/object/ap")]
    [InlineData("merge_method: !x ties", "r.yml:1:15: tag '!x' is not supported")]
    [InlineData("merge_method: a\0b", "r.yml:1:16: control character U+0000")]
    [InlineData("a: b\nc: \u001b[31mred", "r.yml:2:4: control character U+001B")]
    [InlineData("a: \"\\e[31m\"", "unknown key 'a'")]
    [InlineData("merge_method: linear\nmodels: [{model: \"x\\0y\"}]", "r.yml:2:18: the model's path contains NUL")]
    [InlineData("\u007fELF", "r.yml:1:1: control character U+007F")]
    [InlineData(Good + "---\n" + Good, "r.yml:5:1: two documents have no 'name', the first at line 1")]
    [InlineData("a: [1, 2", "not valid YAML")]
    [InlineData("a: 'open", "not valid YAML")]
    [InlineData("a: b: c", "not valid YAML")]
    public void BadText_IsRefusedWithOneLine(string text, string expected) =>
        Assert.Contains(expected, QuickFailure(text), StringComparison.Ordinal);

    [Fact]
    public void EscapesInKeys_AreShownNotPrinted()
    {
        var message = QuickFailure("\"\\e[31m\\u202e\": 1");
        Assert.Contains(@"'\u001b[31m\u202e'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void LongWords_AreCutInMessages() => QuickFailure(Good + Repeat("x", 900) + ": 1");

    [Theory]
    [InlineData("\ufeff")]
    [InlineData("%YAML 1.1\n---\n")]
    [InlineData("# comment\n\n---\n")]
    public void Prefix_IsTaken(string prefix) => Assert.Equal(2, Read(prefix + Good).Models.Length);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void LineEnds_AreTaken(string lineEnd)
    {
        var text = Good.Replace("\n", lineEnd, StringComparison.Ordinal);
        Assert.Equal(2, Read(text).Models.Length);
        Assert.StartsWith("r.yml:4:1", ReadFailure(text + "x: 1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Binary_IsRefused()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var bytes = new byte[5000];
        new Random(1).NextBytes(bytes);
        try
        {
            File.WriteAllBytes(path, bytes);
            Assert.Contains("is not text in UTF-8", FileFailure(path), StringComparison.Ordinal);
            File.WriteAllBytes(path, Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Good)).ToArray());
            Assert.Contains("is not text in UTF-8", FileFailure(path), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    static readonly string[] Seeds =
    [
        Good,
        """
        merge_method: dare_ties
        base_model: org/base@v1
        models:
        - model: org/a+adapter
          parameters: {weight: 0.5, density: [0.2, 0.8]}
        - model: {model: {path: x, revision: y}, lora: {path: z}}
          parameters: &p
            weight:
            - {filter: mlp, value: 1e-3}
            - {value: "0.5"}
        - {model: c, parameters: *p}
        parameters: {normalize: yes, lambda: 1_0.5}
        dtype: float32
        out_dtype: bfloat16
        tokenizer_source: union
        """,
        """
        merge_method: passthrough
        slices:
        - sources:
          - {model: a, layer_range: [0, 2]}
        - sources:
          - model: b
            layer_range: [1, 3]
            parameters: {scale: [{filter: o_proj, value: 0.5}, {value: 1.0}]}
        modules: {t: {models: [{model: a}], parameters: {weight: 1}}}
        """,
    ];

    const string Alphabet = "[]{}:,-?&*!|>'\"%@`#<~ \n\t\r.0189eE_+aweightmodel\0\u0085\u2028\ufeff\ud800é";

    static string Mutate(Random random)
    {
        var text = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            var at = random.Next(text.Length);
            switch (random.Next(4))
            {
                case 0: text.Insert(at, Alphabet[random.Next(Alphabet.Length)]); break;
                case 1: text[at] = Alphabet[random.Next(Alphabet.Length)]; break;
                case 2: text.Remove(at, Math.Min(text.Length - at - 1, random.Next(1, 12))); break;
                default: text.Insert(at, text.ToString(at, Math.Min(text.Length - at, random.Next(1, 40)))); break;
            }
        }
        return text.ToString();
    }

    [Fact]
    public void MutatedRecipe_IsBoundOrRefused()
    {
        var random = new Random(20240601);
        var (read, refused) = (0, 0);
        for (var i = 0; i < 2000; i++)
        {
            var text = Mutate(random);
            try
            {
                var recipe = Read(text, Strict with { Lenient = i % 2 == 0 });
                read++;
                BoundRecipe.Bind(recipe, Strict);
            }
            catch (FastMergeException e) when (e.Kind == FailureKind.Recipe && !e.Message.Any(char.IsControl))
            {
                refused++;
            }
            catch (Exception e) when (e is not FastMergeException { Kind: FailureKind.Recipe })
            {
                Assert.Fail($"case {i}: {e}\n{text}");
            }
        }
        Assert.InRange(read, 100, 1800);
        Assert.InRange(refused, 200, 1999);
    }
}

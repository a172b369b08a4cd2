using System.Text;
using FastMerge.Recipe;

namespace FastMerge.Tests.Recipe;

/// <summary>All that a recipe says, as text without places.</summary>
static class RecipeDump
{
    public static string Of(string text)
    {
        var file = RecipeReader.ParseDocuments(text, "r.yml", RecipeText.Strict);
        return string.Join("\n---\n", file.Documents.Select(Of));
    }

    static string Of(MergeRecipe r)
    {
        var text = new StringBuilder();
        text.AppendLine($"{r.Name?.Value} {r.MergeMethod.Value} base {r.Base} {r.DType?.Value} {r.OutDType?.Value} "
            + $"tokenizer {r.TokenizerSource?.Value} {Of(r.Tokenizer)} template {r.ChatTemplate?.Value}");
        foreach (var model in r.Models) text.AppendLine($"model {Of(model)}");
        foreach (var slice in r.Slices) text.AppendLine($"slice {Of(slice)}");
        foreach (var m in r.Modules)
            text.AppendLine($"module {m.Name} {string.Join(' ', m.Models.Select(Of))} "
                + $"{string.Join(' ', m.Slices.Select(Of))} {Of(m.Parameters)}");
        foreach (var rule in r.Rules)
            text.AppendLine($"rule {rule.Tensors} {rule.MergeMethod.Value} {Of(rule.Parameters)}");
        return text.AppendLine(Of(r.Parameters)).ToString();
    }

    static string Of(ModelEntry model) => $"{model.Model} {model.Model.OverrideArchitecture} {Of(model.Parameters)}";

    static string Of(OutputSlice slice) => $"{slice.Base} {Of(slice.Parameters)} " + string.Join(' ',
        slice.Sources.Select(s => $"{s.Model} {s.From} {s.To} {Of(s.Parameters)}"));

    static string Of(ParameterSet set) =>
        string.Join(' ', set.Entries.Select(e => $"{e.Key}={Of(e.Value)}"));

    static string Of(ParameterValue value) => value switch
    {
        ParameterValue.Scalar scalar => Of(scalar.Value),
        ParameterValue.Gradient gradient => $"[{string.Join(',', gradient.Points.Select(Of))}]",
        _ => string.Concat(((ParameterValue.Conditional)value).Cases.Select(c => $"({c.Filter}:{Of(c.Value)})")),
    };

    static string Of(ResolvedValue value) =>
        YamlNumeral.TryParse(value.Text, value.Plain, out var number) ? $"{number:R}" : value.Text;

    static string Of(YamlNode? node) => node switch
    {
        null => "",
        YamlScalar scalar => scalar.Text,
        YamlList list => $"[{string.Join(',', list.Items.Select(Of))}]",
        _ => $"{{{string.Join(',', ((YamlMap)node).Entries.Select(e => $"{e.Key.Text}:{Of(e.Value)}").Order())}}}",
    };
}

/// <summary>Writes a document in a layout drawn at random: blocks and brackets, widths, empty lines, order of
/// keys.</summary>
static class YamlLayout
{
    public static string Write(YamlNode node, Random random) => Block((YamlMap)node, 0, random, "");

    static string Block(YamlMap map, int indent, Random random, string key)
    {
        var text = new StringBuilder();
        (YamlScalar Key, YamlNode Value)[] entries = [.. map.Entries];
        if (key is not ("parameters" or "modules")) random.Shuffle(entries);
        foreach (var (name, value) in entries)
        {
            if (random.Next(6) == 0) text.Append('\n');
            text.Append(' ', indent).Append(name.Text).Append(':');
            if (value is YamlScalar || random.Next(3) == 0) text.Append(' ').Append(Flow(value, random)).Append('\n');
            else if (value is YamlMap { Entries.Count: > 0 } inner)
                text.Append('\n').Append(Block(inner, indent + random.Next(1, 5), random, name.Text));
            else if (value is YamlList { Items.Count: > 0 } list) text.Append('\n').Append(Items(list, indent, random));
            else text.Append(' ').Append(Flow(value, random)).Append('\n');
        }
        return text.ToString();
    }

    static string Items(YamlList list, int indent, Random random)
    {
        var text = new StringBuilder();
        var column = indent + random.Next(3);
        foreach (var item in list.Items)
        {
            text.Append(' ', column).Append("- ");
            if (item is YamlMap { Entries.Count: > 0 } map && random.Next(2) == 0)
                text.Append(Block(map, column + 2, random, "").TrimStart('\n')[(column + 2)..]);
            else text.Append(Flow(item, random)).Append('\n');
        }
        return text.ToString();
    }

    static string Flow(YamlNode node, Random random) => node switch
    {
        YamlScalar scalar => scalar.Plain && !scalar.Text.Contains(' ') ? scalar.Text
            : ScalarText.Write(scalar.Text, scalar.Plain),
        YamlList list =>
            $"[{string.Join(random.Next(2) == 0 ? "," : " ,  ", list.Items.Select(i => Flow(i, random)))}]",
        _ => $"{{{string.Join(", ", ((YamlMap)node).Entries.Select(e => $"{e.Key.Text}: {Flow(e.Value, random)}"))}}}",
    };
}

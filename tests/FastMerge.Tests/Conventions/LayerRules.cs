using System.Text.RegularExpressions;

namespace FastMerge.Tests.Conventions;

/// <summary>Which layer may use which: folder = namespace = layer.</summary>
static partial class LayerRules
{
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Interop"] = ["Core"],
        ["Primitives"] = ["Core"],
        ["Methods"] = ["Primitives"],
        ["Names"] = ["Core"],
        ["Checkpoint"] = ["Names", "Interop", "Core"],
        ["Recipe"] = ["Core"],
        ["Backends"] = ["Interop", "Primitives", "Core"],
        ["Plan"] = ["Recipe", "Methods", "Primitives", "Checkpoint", "Names", "Core"],
        ["Engine"] = ["Plan", "Checkpoint", "Backends", "Primitives", "Core"],
        ["Comparison"] = ["Plan", "Engine", "Checkpoint", "Backends", "Primitives", "Core"],
        ["Spectra"] = ["Plan", "Engine", "Checkpoint", "Backends", "Primitives", "Names", "Core"],
        ["Extraction"] =
            ["Plan", "Engine", "Comparison", "Checkpoint", "Backends", "Primitives", "Names", "Core"],
        ["Bench"] = ["Plan", "Checkpoint", "Backends", "Primitives", "Core"],
        [""] =
        [
            "Recipe", "Plan", "Engine", "Comparison", "Extraction", "Spectra", "Checkpoint", "Backends", "Bench",
            "Primitives", "Interop", "Core",
        ],
        ["Cli"] = ["Recipe", "Plan", "Checkpoint", "Core"],
    };

    public static IEnumerable<string> Check(SourceFile file)
    {
        if (LayerOf(file.Path) is not { } layer) yield break;
        if (!Allowed.TryGetValue(layer, out var allowed))
        {
            yield return $"{file.Path}: {layer} is not a layer; the layers are {string.Join(", ", Allowed.Keys)}";
            yield break;
        }
        for (var i = 0; i < file.Lines.Length; i++)
            foreach (var used in LayerUse().Matches(WithoutComment(file.Lines[i])).Select(m => m.Groups[1].Value))
                if (used != layer && Allowed.ContainsKey(used) && !allowed.Contains(used))
                    yield return $"{file.Path}:{i + 1}: {(layer == "" ? "Merger" : layer)} must not use {used}";
    }

    public static IEnumerable<string> CheckNamespace(SourceFile file)
    {
        var expected = file.Folder.Split('/') switch
        {
            ["src" or "tests" or "benchmarks", .. var parts] => string.Join('.', parts),
            _ => null,
        };
        var declared = Namespace().Match(file.Text);
        if (expected != null && declared.Success && declared.Groups[1].Value != expected)
            yield return $"{file.Path}: namespace {declared.Groups[1].Value}, the folder says {expected}";
    }

    // null: not part of the layered product.
    static string? LayerOf(string path) => path.Split('/') switch
    {
        ["src", "FastMerge.Cli", ..] => "Cli",
        ["src", "FastMerge", _] => "",
        ["src", "FastMerge", var layer, ..] => layer,
        _ => null,
    };

    static string WithoutComment(string line) =>
        line.IndexOf("//", StringComparison.Ordinal) is >= 0 and var at ? line[..at] : line;

    [GeneratedRegex(@"\bFastMerge\.([A-Z][A-Za-z]+)\b(?!\s*\()")]
    private static partial Regex LayerUse();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}

using System.Text;
using System.Text.Json;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>
/// The README.md of a merged model: the front matter that the hub reads, then methods, models and recipe. It holds
/// no time and no host, so equal merges have equal cards.
/// </summary>
sealed record ModelCard
{
    /// <summary>The names of the merge methods, the recipe's own first.</summary>
    public required IReadOnlyList<string> Methods { get; init; }

    /// <summary>The base model as the recipe names it, if there is one.</summary>
    public required string? Base { get; init; }

    /// <summary>The merged models as the recipe names them.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Those of the models, and of their adapters, that are local files; they cannot be named to the
    /// hub.</summary>
    public IReadOnlyCollection<string> LocalModels { get; init; } = [];

    /// <summary>The recipe as given.</summary>
    public required string Recipe { get; init; }

    /// <summary>The licence, as the hub spells it, if known.</summary>
    public string? License { get; init; }

    /// <summary>The text of the card.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("---\n");
        // A list of base models marks a merge; the hub knows only its own ids.
        var ids = AllModels.Except(LocalModels).SelectMany(m => m.Split('+')).Except(LocalModels).Where(IsHubId)
            .Select(model => model.Split('@')[0]).Distinct().ToArray();
        if (ids.Length > 0)
        {
            text.Append("base_model:\n");
            foreach (var id in ids) text.Append("- ").Append(Scalar(id)).Append('\n');
            text.Append("base_model_relation: merge\n");
        }
        text.Append("library_name: transformers\n");
        if (License is not null) text.Append("license: ").Append(Scalar(License)).Append('\n');
        text.Append("tags:\n- fastmerge\n- merge\n---\n# Merged model\n\n");
        text.Append("Merged with FastMerge by the method").Append(Methods.Count > 1 ? "s " : " ")
            .AppendJoin(", ", Methods.Select(Code)).Append(".\n\n## Models\n\n");
        foreach (var model in AllModels)
            text.Append("- ").Append(Code(model)).Append(model == Base ? " (base model)\n" : "\n");
        return text.Append("\n## Recipe\n\n").Append(Block(Recipe)).ToString();
    }

    IEnumerable<string> AllModels => (Base is null ? Models : [Base, .. Models]).Distinct();

    static bool IsHubId(string model) => model.Contains('/') && HubCache.TryParseId(model, out _, out _);

    /// <summary>A YAML scalar: plain where that cannot be mistaken for anything else, else quoted.</summary>
    static string Scalar(string text) => text.Length > 0 && char.IsAsciiLetter(text[0])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '/' or '_')
        && text.ToUpperInvariant() is not ("TRUE" or "FALSE" or "YES" or "NO" or "ON" or "OFF" or "Y" or "N" or "NULL")
            ? text
            : $"\"{JsonEncodedText.Encode(text)}\"";

    static string Code(string text)
    {
        var fence = new string('`', LongestRun(text) + 1);
        var space = fence.Length > 1 ? " " : "";
        return fence + space + DisplayText.Escape(text) + space + fence;
    }

    static string Block(string text)
    {
        var lines = text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n')
            .Select(line => string.Join('\t', line.Split('\t').Select(DisplayText.Escape)));
        var fence = new string('`', Math.Max(3, LongestRun(text) + 1));
        return $"{fence}yaml\n{string.Join('\n', lines)}\n{fence}\n";
    }

    static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        return longest;
    }
}

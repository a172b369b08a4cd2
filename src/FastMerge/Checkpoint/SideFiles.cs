using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FastMerge.Checkpoint;

/// <summary>A file that goes from a model's folder into the output as it is.</summary>
sealed record SideFile(string FileName, string Path, long Length);

/// <summary>
/// The files besides weights and config.json that make a folder complete: tokenizer, generation settings, chat
/// template, processors, licence, and the code that <c>auto_map</c> names, which is copied and never run.
/// </summary>
static partial class SideFiles
{
    const int MaxCodeBytes = 4 << 20;

    static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "generation_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt",
        "merges.txt", "chat_template.jinja", "chat_template.json", "preprocessor_config.json",
        "processor_config.json", "video_preprocessor_config.json", "image_processor_config.json", "normalizer.json",
        "spiece.model", "sentencepiece.bpe.model", "spm.model", "tekken.json", "tiktoken.model",
    };

    static readonly string[] Prefixes = ["tokenizer", "LICENSE", "LICENCE", "NOTICE", "USE_POLICY"];

    static readonly string[] Suffixes = [".tiktoken"];

    /// <summary>The side files of a model, in order of name.</summary>
    public static IReadOnlyList<SideFile> Find(InputCheckpoint donor, IStorage storage) => InputFile.Guard(() =>
    {
        if (!donor.HasSideFiles) return [];
        var code = FindCode(donor, storage);
        var files = new List<SideFile>();
        foreach (var name in storage.List(donor.Folder))
        {
            if (!IsSideFile(name) && !code.Contains(name)) continue;
            var path = Path.Combine(donor.Folder, name);
            if (storage.Stat(path) is { Kind: EntryKind.File } entry) files.Add(new(name, path, entry.Length));
        }
        return (IReadOnlyList<SideFile>)files;
    });

    /// <summary>Whether a name is copied whatever the configuration says.</summary>
    public static bool IsSideFile(string name) => Names.Contains(name)
        || (!name.EndsWith(".py", StringComparison.Ordinal)
            && Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
        || Suffixes.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal));

    /// <summary>The modules that auto_map names, and the modules of the folder that those import.</summary>
    static HashSet<string> FindCode(InputCheckpoint donor, IStorage storage)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(AutoMapModules(donor.Config));
        foreach (var name in (string[])["tokenizer_config.json", "preprocessor_config.json", "processor_config.json"])
        {
            var path = Path.Combine(donor.Folder, name);
            if (InputFile.ReadAll(storage, path, JsonText.MaxBytes) is not { } text) continue;
            foreach (var module in AutoMapModules(JsonText.ParseObject(text, path))) open.Push(module);
        }
        while (open.TryPop(out var module))
        {
            var path = Path.Combine(donor.Folder, module + ".py");
            if (!found.Add(module + ".py") || storage.Stat(path).Kind != EntryKind.File) continue;
            var code = Encoding.UTF8.GetString(InputFile.ReadAll(storage, path, MaxCodeBytes)!);
            foreach (Match import in RelativeImport().Matches(code)) open.Push(import.Groups[1].Value);
        }
        return found;
    }

    /// <summary>Modules of <c>"AutoModel": "modeling_x.Model"</c>; not those of other repositories.</summary>
    static IEnumerable<string> AutoMapModules(JsonObject? config)
    {
        if (config?["auto_map"] is not JsonObject map) yield break;
        var entries = map.SelectMany(pair => pair.Value as IEnumerable<JsonNode?> ?? [pair.Value]);
        foreach (var entry in entries)
        {
            if (entry is not JsonValue value || !value.TryGetValue<string>(out var text)) continue;
            var module = text.Split('.')[0];
            if (ModuleName().IsMatch(module)) yield return module;
        }
    }

    [GeneratedRegex(@"^\w+\z")]
    private static partial Regex ModuleName();

    [GeneratedRegex(@"^[ \t]*from[ \t]+\.(\w+)[ \t]+import\b", RegexOptions.Multiline)]
    private static partial Regex RelativeImport();
}

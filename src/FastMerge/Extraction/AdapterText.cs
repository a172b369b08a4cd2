using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FastMerge.Extraction;

/// <summary>The configuration and the card of an extracted adapter.</summary>
static class AdapterText
{
    const string Weight = ".weight";

    static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    };

    /// <summary>
    /// adapter_config.json: r is the largest rank and alpha is r, so that products are added as they are; modules of
    /// other ranks are in both patterns.
    /// </summary>
    /// <param name="baseModel">The base, as it was named.</param>
    /// <param name="updated">The weights with updates, and their ranks.</param>
    /// <param name="all">The names of all tensors of the model, with and without updates.</param>
    /// <param name="saved">The names of tensors that are saved whole.</param>
    /// <param name="isTransposed">Whether weights have inputs along their first axis.</param>
    public static byte[] Config(
        string baseModel, IReadOnlyList<(DifferingWeight Weight, int Rank)> updated, IReadOnlyList<string> all,
        IReadOnlyList<string> saved, bool isTransposed)
    {
        var ranks = updated.Select(u => (u.Weight.Module, u.Rank)).ToArray();
        var rank = ranks.Max(r => r.Rank);
        var owners = updated.Select(u => u.Weight.Owner).ToHashSet();
        string[] modules = [.. saved.Select(ParentOf).Where(m => m.Length > 0 && !owners.Contains(m)).Distinct()];
        string[] parameters = [.. Names(updated, isStack: true)];
        var config = new JsonObject
        {
            ["alpha_pattern"] = Pattern(ranks, rank),
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = saved.Any(n => owners.Contains(ParentOf(n))) ? "all" : "none",
            ["fan_in_fan_out"] = isTransposed,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = rank,
            ["lora_dropout"] = 0.0,
            ["modules_to_save"] = modules.Length == 0 ? null : List(modules),
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["rank_pattern"] = Pattern(ranks, rank),
            ["target_modules"] = List(Targets([.. Names(updated, isStack: false)], 1, [.. all
                .Where(n => n.EndsWith(Weight, StringComparison.Ordinal)).Select(n => n[..^Weight.Length])])),
            ["target_parameters"] = parameters.Length == 0 ? null : List(Targets(parameters, 2, all)),
            ["task_type"] = "CAUSAL_LM",
            ["use_dora"] = false,
            ["use_rslora"] = false,
        };
        return Encoding.UTF8.GetBytes(config.ToJsonString(Format) + "\n");
    }

    /// <summary>README.md.</summary>
    public static byte[] Card(string model, string baseModel, int modules, double captured) => Encoding.UTF8.GetBytes(
        $"---\nlibrary_name: peft\ntags:\n- fastmerge\n- lora\n---\n# LoRA adapter\n\nExtracted with FastMerge from\n\n"
        + $"- {Code(model)}\n- {Code(baseModel)} (base model)\n\n"
        + FormattableString.Invariant($"{modules} modules; {captured:P2} of the squared norm of their differences.\n"));

    static IEnumerable<string> Names(IEnumerable<(DifferingWeight Weight, int Rank)> updated, bool isStack) =>
        updated.Where(u => u.Weight.IsStack == isStack).Select(u => u.Weight.Module);

    /// <summary>The last words of names, where they mean no others; else the names.</summary>
    static IEnumerable<string> Targets(IReadOnlyList<string> names, int words, IReadOnlyList<string> all)
    {
        var updated = names.ToHashSet();
        return names.GroupBy(Last).SelectMany(group =>
            all.Where(m => Last(m) == group.Key).All(updated.Contains) ? [group.Key] : group.AsEnumerable());

        string Last(string name) => string.Join('.', name.Split('.').TakeLast(words));
    }

    static string ParentOf(string name) => name[..Math.Max(0, name.LastIndexOf('.'))];

    static JsonArray List(IEnumerable<string> words) => new([.. words.Select(w => (JsonNode)w)]);

    static JsonObject Pattern(IReadOnlyList<(string Module, int Rank)> ranks, int usual) => new(
        ranks.Where(r => r.Rank != usual).Select(r => KeyValuePair.Create(r.Module, (JsonNode?)r.Rank)));

    static string Code(string text) => $"`{Core.DisplayText.Escape(text).Replace('`', '\'')}`";
}

using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FastMerge.Extraction;

/// <summary>The configuration and the card of an extracted adapter.</summary>
static class AdapterText
{
    static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n",
    };

    /// <summary>
    /// adapter_config.json: r is the largest rank and alpha is r, so that products are added as they are; modules of
    /// other ranks are in both patterns.
    /// </summary>
    /// <param name="baseModel">The base, as it was named.</param>
    /// <param name="ranks">The rank of each module.</param>
    /// <param name="all">All modules of the model that have weights, with and without updates.</param>
    /// <param name="saved">The names of tensors that are saved whole.</param>
    /// <param name="isTransposed">Whether weights have inputs along their first axis.</param>
    public static byte[] Config(
        string baseModel, IReadOnlyList<(string Module, int Rank)> ranks, IReadOnlyList<string> all,
        IReadOnlyList<string> saved, bool isTransposed)
    {
        var rank = ranks.Max(r => r.Rank);
        var targets = Targets([.. ranks.Select(r => r.Module)], all);
        var updated = ranks.Select(r => r.Module).ToHashSet();
        string[] modules = [.. saved.Select(n => n[..Math.Max(0, n.LastIndexOf('.'))])
            .Where(m => m.Length > 0 && !updated.Contains(m)).Distinct()];
        var config = new JsonObject
        {
            ["alpha_pattern"] = Pattern(ranks, rank),
            ["base_model_name_or_path"] = baseModel,
            ["bias"] = saved.Any(n => updated.Contains(n[..Math.Max(0, n.LastIndexOf('.'))])) ? "all" : "none",
            ["fan_in_fan_out"] = isTransposed,
            ["inference_mode"] = true,
            ["init_lora_weights"] = true,
            ["lora_alpha"] = rank,
            ["lora_dropout"] = 0.0,
            ["modules_to_save"] = modules.Length == 0 ? null : new JsonArray([.. modules.Select(m => (JsonNode)m)]),
            ["peft_type"] = "LORA",
            ["r"] = rank,
            ["rank_pattern"] = Pattern(ranks, rank),
            ["target_modules"] = new JsonArray([.. targets.Select(t => (JsonNode)t)]),
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

    /// <summary>The last words of the modules, where they mean no others; else their names.</summary>
    static IEnumerable<string> Targets(IReadOnlyList<string> modules, IReadOnlyList<string> all)
    {
        var updated = modules.ToHashSet();
        return modules.GroupBy(Last).SelectMany(group =>
            all.Where(m => Last(m) == group.Key).All(updated.Contains) ? [group.Key] : group.AsEnumerable());
    }

    static string Last(string module) => module[(module.LastIndexOf('.') + 1)..];

    static JsonObject Pattern(IReadOnlyList<(string Module, int Rank)> ranks, int usual) => new(
        ranks.Where(r => r.Rank != usual).Select(r => KeyValuePair.Create(r.Module, (JsonNode?)r.Rank)));

    static string Code(string text) => $"`{Core.DisplayText.Escape(text).Replace('`', '\'')}`";
}

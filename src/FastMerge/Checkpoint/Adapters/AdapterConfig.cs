using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Adapters;

/// <summary>
/// What the adapter_config.json of a PEFT folder says of its updates: ranks, scales, and how factors are to be read.
/// What cannot be folded into weights is refused.
/// </summary>
sealed class AdapterConfig
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "adapter_config.json";

    const int LargestRank = 1 << 16;
    const string NaNText = "0e0"; // what JsonText makes of Python's NaN

    /// <summary>Keys that change what the factors mean: with a value they are refused.</summary>
    static readonly (string Key, string Why)[] Refused =
    [
        ("layer_replication", "its layers are not those of the base"),
        ("loftq_config", "its base was quantised and changed before training"),
        ("corda_config", "its base was changed before training; convert it to a plain LoRA first"),
        ("lora_ga_config", "its base was changed before training; convert it to a plain LoRA first"),
        ("trainable_token_indices", "it replaces single rows of the embedding"),
        ("alora_invocation_tokens", "it is switched on by tokens of the prompt"),
        ("arrow_config", "it chooses among adapters by the input"),
        ("use_qalora", "its factors belong to a quantised base"),
        ("use_bdlora", "its factors are block-diagonal"),
    ];

    static readonly string[] ChangedBases = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    readonly string _path;
    readonly JsonObject _json;
    readonly ImmutableArray<(Regex Key, int Rank)> _ranks;
    readonly ImmutableArray<(Regex Key, double Alpha)> _alphas;

    AdapterConfig(JsonObject json, string path)
    {
        (_json, _path) = (json, path);
        Require();
        Rank = RankOf(json["r"], "r");
        Alpha = AlphaOf(json["lora_alpha"], "lora_alpha");
        (IsRankStabilised, HasMagnitudes) = (Flag("use_rslora"), Flag("use_dora"));
        IsTransposed = Flag("fan_in_fan_out");
        _ranks = [.. Pattern("rank_pattern").Select(p => (p.Key, RankOf(p.Value, "rank_pattern")))];
        _alphas = [.. Pattern("alpha_pattern").Select(p => (p.Key, AlphaOf(p.Value, "alpha_pattern")))];
        TargetParameters = Words("target_parameters");
        Base = JsonText.StringAt(json, "base_model_name_or_path");
    }

    /// <summary>r, where no pattern says otherwise.</summary>
    public int Rank { get; }

    /// <summary>lora_alpha, where no pattern says otherwise.</summary>
    public double Alpha { get; }

    /// <summary>Whether the scale is alpha / sqrt(r), not alpha / r (rsLoRA).</summary>
    public bool IsRankStabilised { get; }

    /// <summary>Whether rows are scaled to learned norms (DoRA).</summary>
    public bool HasMagnitudes { get; }

    /// <summary>Whether weights are stored with inputs along their first axis.</summary>
    public bool IsTransposed { get; }

    /// <summary>Parameters that are no module's <c>weight</c>, by their last words: fused experts.</summary>
    public ImmutableArray<string> TargetParameters { get; }

    /// <summary>The model it was trained on, as it says.</summary>
    public string? Base { get; }

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="FastMergeException">Input: it is malformed, or no LoRA that can be folded.</exception>
    public static AdapterConfig Parse(ReadOnlySpan<byte> text, string path) =>
        new(JsonText.ParseObject(text, path), path);

    /// <summary>The rank of a module by the configuration.</summary>
    /// <param name="names">The names that patterns may mean it by.</param>
    public int RankOf(IEnumerable<string> names) => Find(_ranks, names, Rank);

    /// <summary>What the product of a module's factors of some rank is multiplied with.</summary>
    /// <param name="names">The names that patterns may mean it by.</param>
    /// <param name="rank">The rank.</param>
    public double ScaleOf(IEnumerable<string> names, int rank) =>
        Find(_alphas, names, Alpha) / (IsRankStabilised ? Math.Sqrt(rank) : rank);

    static T Find<T>(ImmutableArray<(Regex Key, T Value)> pattern, IEnumerable<string> names, T otherwise)
    {
        foreach (var (key, value) in pattern)
            if (names.Any(key.IsMatch)) return value;
        return otherwise;
    }

    void Require()
    {
        if (JsonText.StringAt(_json, "peft_type") is not "LORA")
            throw Bad($"peft_type is {Text(_json["peft_type"])}; accepted: \"LORA\"");
        foreach (var (key, why) in Refused)
            if (IsSet(_json[key])) throw Bad($"'{key}' is {Text(_json[key])}: {why}; accepted: an adapter without it");
        if (JsonText.StringAt(_json, "init_lora_weights")?.ToLowerInvariant() is { } start
            && ChangedBases.Any(b => start.StartsWith(b, StringComparison.Ordinal)))
            throw Bad($"init_lora_weights is {Text(_json["init_lora_weights"])}: its base was changed before training; "
                + "accepted: an adapter that was converted to a plain LoRA, with init_lora_weights true");
    }

    static bool IsSet(JsonNode? node) => node switch
    {
        null or JsonObject { Count: 0 } or JsonArray { Count: 0 } => false,
        JsonValue value when value.GetValueKind() == JsonValueKind.False => false,
        _ => true,
    };

    int RankOf(JsonNode? node, string key) => node is JsonValue value && value.TryGetValue<int>(out var rank)
        && rank is >= 1 and <= LargestRank ? rank
        : throw Bad($"'{key}' holds {Text(node)}; accepted: a whole number from 1 to {LargestRank}");

    double AlphaOf(JsonNode? node, string key) => node is JsonValue value && value.ToJsonString() != NaNText
        && value.TryGetValue<double>(out var alpha) && double.IsFinite(alpha) ? alpha
        : throw Bad($"'{key}' holds {(node?.ToJsonString() == NaNText ? "NaN" : Text(node))}; "
            + "accepted: a finite number");

    bool Flag(string key) => _json[key] switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        var other => throw Bad($"'{key}' holds {Text(other)}; accepted: true or false"),
    };

    IEnumerable<(Regex Key, JsonNode? Value)> Pattern(string key) => _json[key] switch
    {
        null => [],
        JsonObject pattern => pattern.Select(p => (Compile(p.Key, key), p.Value)),
        var other => throw Bad($"'{key}' holds {Text(other)}; accepted: an object of module names"),
    };

    /// <summary>A key means the modules whose names it matches whole, or from one of their dots on.</summary>
    Regex Compile(string pattern, string key)
    {
        try
        {
            return new($@"^(?:.*\.)?(?:{pattern})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Bad($"'{key}' has the key {SafetensorsHeader.Quote(pattern)}; accepted: the name of a module, or a "
                + "regular expression without look-around and back-references");
        }
    }

    ImmutableArray<string> Words(string key) => _json[key] switch
    {
        null => [],
        JsonArray words when words.All(w => w is JsonValue v && v.TryGetValue<string>(out _)) =>
            [.. words.Select(w => w!.GetValue<string>())],
        JsonValue value when value.TryGetValue<string>(out var word) => [word],
        var other => throw Bad($"'{key}' holds {Text(other)}; accepted: a list of names"),
    };

    static string Text(JsonNode? node)
    {
        const int Longest = 60;
        var text = DisplayText.Escape(node?.ToJsonString() ?? "missing or null");
        return text.Length <= Longest ? text : text[..Longest] + "...";
    }

    FastMergeException Bad(string problem) => SafetensorsHeader.Bad(_path, problem);
}

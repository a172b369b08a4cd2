using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>
/// The keys of recipes: those with an effect, in the order in which formatted recipes have them, and those that
/// others know.
/// </summary>
static class KnownKeys
{
    /// <summary>Keys of a recipe.</summary>
    public static readonly string[] Recipe =
    [
        "name", "merge_method", "base_model", "models", "slices", "modules", "rules", "parameters", "dtype",
        "out_dtype", "tokenizer_source", "tokenizer", "chat_template",
    ];

    /// <summary>Keys of <c>tokenizer</c>.</summary>
    public static readonly string[] Tokenizer = ["source", "tokens", "pad_to_multiple_of"];

    /// <summary>Keys of an entry of <c>rules</c>.</summary>
    public static readonly string[] Rule = ["tensors", "merge_method", "parameters"];

    /// <summary>Keys of a selector of tensors.</summary>
    public static readonly string[] Selector = ["name", "regex", "glob", "layers", "class", "experts"];

    /// <summary>Keys of an entry of <c>models</c>.</summary>
    public static readonly string[] Model = ["model", "parameters"];

    /// <summary>Keys of a model that is written as a mapping.</summary>
    public static readonly string[] Reference = ["model", "lora", "override_architecture"];

    /// <summary>Keys of a path that is written as a mapping.</summary>
    public static readonly string[] Path = ["path", "revision"];

    /// <summary>Keys of an entry of <c>slices</c>.</summary>
    public static readonly string[] Slice = ["sources", "base_model", "parameters"];

    /// <summary>Keys of an entry of <c>sources</c>.</summary>
    public static readonly string[] Source = ["model", "layer_range", "parameters"];

    /// <summary>Keys of an entry of <c>modules</c>.</summary>
    public static readonly string[] Module = ["models", "slices", "parameters"];

    /// <summary>Keys of a value that holds for some tensors.</summary>
    public static readonly string[] Filter = ["filter", "value"];

    /// <summary>Parameters that some method of mergekit reads.</summary>
    public static readonly string[] Parameters =
    [
        "weight", "density", "gamma", "epsilon", "normalize", "rescale", "lambda", "int8_mask", "t", "filter_wise",
        "scale", "max_iter", "tol", "nuslerp_flatten", "nuslerp_row_wise", "normalize_weights", "eps", "select_topk",
        "r", "alpha",
    ];

    /// <summary>Every key above, and some that earlier versions of mergekit read.</summary>
    public static readonly string[] Anywhere =
    [
        .. Recipe.Concat(Model).Concat(Reference).Concat(Path).Concat(Slice).Concat(Source).Concat(Module)
            .Concat(Filter).Concat(Rule).Concat(Selector).Concat(Tokenizer)
            .Concat(Parameters).Distinct(),
        "input_model_parameters", "residual_weight", "embed_slerp", "force",
    ];
}

/// <summary>What to do with a key that has no effect where it is written.</summary>
static class KeyCheck
{
    /// <summary>
    /// A warning for a key that is known but has no effect here, or, if lenient, for one that nobody
    /// knows.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="span">Where it is written.</param>
    /// <param name="where">As in <c>for method ties</c>.</param>
    /// <param name="accepted">The keys that have an effect here.</param>
    /// <param name="options">Whether unknown keys are failures.</param>
    /// <param name="known">Keys that are known elsewhere, beyond <see cref="KnownKeys.Anywhere"/>.</param>
    /// <exception cref="FastMergeException">Recipe: nobody knows the key.</exception>
    public static RecipeWarning UnknownKey(
        string key, SourceSpan span, string where, IEnumerable<string> accepted, RecipeOptions options,
        IEnumerable<string>? known = null)
    {
        var name = RecipeError.Quote(key);
        string[] all = [.. accepted];
        if (KnownKeys.Anywhere.Contains(key) || known?.Contains(key) == true)
            return new(span, $"key {name} has no effect {where}");
        var nearest = DisplayText.Nearest(key, all)
            ?? DisplayText.Nearest(key, [.. KnownKeys.Anywhere, .. known ?? []]);
        var text = $"unknown key {name} {where}"
            + (nearest is null ? "" : $", nearest is '{nearest}'")
            + (key.All(char.IsAsciiDigit) ? "; a fraction is written with a point, as in 0.5" : "")
            + (all.Length == 0 ? "" : $"; accepted: {string.Join(", ", all)}");
        if (!options.Lenient) options.Report(RecipeError.At(span, text));
        return new(span, text);
    }

    /// <summary>
    /// The accepted key that a word is a slip of although it has a meaning elsewhere: <c>models</c> for
    /// <c>model</c>; null if there is none.
    /// </summary>
    public static string? Slip(string key, IEnumerable<string> accepted) => accepted.FirstOrDefault(a =>
        key.Length > 3 && KnownKeys.Anywhere.Contains(key) && DisplayText.EditDistance(key, a) == 1);
}

using System.CommandLine;

namespace FastMerge.Cli.Parsing;

/// <summary>mergekit's flags that have no effect here, and why.</summary>
static class MergekitFlags
{
    const string OnlyCpu = "this version computes on the CPU";
    const string Streams = "memory is bounded by --memory";
    const string NoCode = "no code of a model is run";
    const string Copied = "tokenizer files are always copied";
    const string Card = "the model card is always written";
    const string Format = "outputs are always safetensors";
    const string NoPickle = "inputs are safetensors only";
    const string Folded = "adapters are added in float32 while their base is read";
    const string Writing = "writing is always asynchronous";
    const string Layout = "tensors are matched by name";

    /// <summary>The switches, and the options with a value.</summary>
    public static IReadOnlyList<(Option Option, string Why)> Create() =>
    [
        .. Pair("cuda", OnlyCpu),
        .. Pair("low-cpu-memory", Streams),
        .. Pair("read-to-gpu", OnlyCpu),
        .. Pair("multi-gpu", OnlyCpu),
        .. Pair("gpu-rich", OnlyCpu),
        .. Pair("allow-crimes", Layout),
        .. Pair("copy-tokenizer", Copied),
        .. Pair("clone-tensors", Streams),
        .. Pair("trust-remote-code", NoCode),
        .. Pair("lazy-unpickle", NoPickle),
        .. Pair("write-model-card", Card),
        .. Pair("safe-serialization", Format),
        .. Pair("async-write", Writing),
        Switch("--verbose", "progress is always shown; --quiet turns it off", "-v"),
        Value("--write-threads", Writing), Value("--lora-merge-cache", Folded), Value("--lora-merge-dtype", Folded),
        Value("--transformers-cache", "models of the hub are found through HF_HOME"),
    ];

    /// <summary>A switch with its negation, which the help does not list.</summary>
    static (Option, string)[] Pair(string name, string why)
    {
        var negation = Switch($"--no-{name}", why);
        negation.Option.Hidden = true;
        return [Switch($"--{name}", why), negation];
    }

    static (Option Option, string Why) Switch(string name, string why, params string[] aliases) =>
        (Choice.Switch(name, why, aliases), why);

    static (Option, string) Value(string name, string why) =>
        (new Option<string?>(name) { Description = why, HelpName = "VALUE" }, why);
}

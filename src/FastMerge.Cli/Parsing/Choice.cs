using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Cli.Parsing;

/// <summary>Makes options whose errors name the value and what would be accepted.</summary>
static class Choice
{
    const int SmallestChunk = 65536;

    /// <summary>A switch.</summary>
    public static Option<bool> Switch(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    /// <summary>One of a few words.</summary>
    public static Option<T> OneOf<T>(
        string name, string description, params (string Word, T Value)[] choices) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(c => c.Word)),
        CustomParser = result =>
        {
            foreach (var (word, value) in choices)
                if (word == Text(result)) return value;
            return Reject<T>(result, name, string.Join(", ", choices.Select(c => c.Word)));
        },
    };

    /// <summary>A byte count above zero.</summary>
    public static Option<long?> Size(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result => ByteSize.TryParse(Text(result), out var bytes) && bytes > 0
            ? bytes : Reject<long?>(result, name, "a size such as 5GB (5e9 bytes) or 256MiB"),
    };

    /// <summary>A byte count for each second.</summary>
    public static Option<long?> Rate(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "RATE",
        CustomParser = result =>
        {
            var text = Text(result);
            var size = text.EndsWith("/s", StringComparison.Ordinal) ? text[..^2] : text;
            return ByteSize.TryParse(size, out var bytes) && bytes > 0
                ? bytes : Reject<long?>(result, name, "bytes a second such as 200MB or 200MB/s");
        },
    };

    /// <summary>A power of two from 64 KiB.</summary>
    public static Option<long?> ChunkSize(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
            ByteSize.TryParse(Text(result), out var bytes) && bytes >= SmallestChunk && long.IsPow2(bytes)
                ? bytes : Reject<long?>(result, name, "a power of two from 64KiB"),
    };

    /// <summary>A whole number from a smallest one.</summary>
    public static Option<int?> Whole(
        string name, string description, int smallest, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
            int.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                && value >= smallest
                ? value : Reject<int?>(result, name, $"a whole number from {smallest}"),
    };

    /// <summary>A random seed.</summary>
    public static Option<ulong> Seed(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
            ulong.TryParse(Text(result), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value : Reject<ulong>(result, name, $"a whole number from 0 to {ulong.MaxValue}"),
    };

    /// <summary>The text given for an option.</summary>
    public static string Text(ArgumentResult result) => result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";

    /// <summary>Refuses a value.</summary>
    public static T? Reject<T>(ArgumentResult result, string name, string accepted)
    {
        result.AddError($"{name}: '{Text(result)}' is not accepted; use {accepted}");
        return default;
    }
}

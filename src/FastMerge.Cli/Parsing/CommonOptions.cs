using System.CommandLine;
using FastMerge.Core;

namespace FastMerge.Cli.Parsing;

/// <summary>Options that several commands have with one meaning.</summary>
static class CommonOptions
{
    /// <summary>Computing threads.</summary>
    public static Option<int?> Threads() =>
        Choice.Whole("--threads", "Computing threads (default one for each processor)", 1, "-j");

    /// <summary>The bound of memory.</summary>
    public static Option<long?> Memory() =>
        Choice.Size("--memory", "Memory to allocate at most (default half of what is free)");

    /// <summary>How inputs are read.</summary>
    public static Option<InputMode> Input(string text = "How inputs are read (default mmap)") => Choice.OneOf(
        "--io", text, ("mmap", InputMode.Mapped), ("read", InputMode.Read), ("direct", InputMode.Direct));

    /// <summary>A choice of tensors by name, to do something with.</summary>
    public static Option<string?> Tensors(string verb) => new("--tensors")
    {
        Description = $"{verb} tensors with this in their name; with * or ? it is a pattern of the whole name",
        HelpName = "TEXT",
    };
}

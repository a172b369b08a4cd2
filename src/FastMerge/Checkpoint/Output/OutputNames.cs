namespace FastMerge.Checkpoint.Output;

/// <summary>Names inside an output folder.</summary>
static class OutputNames
{
    /// <summary>The record of a finished merge.</summary>
    public const string Lock = "fastmerge.lock.json";

    /// <summary>The folder of an unfinished merge's state.</summary>
    public const string State = ".fastmerge";

    /// <summary>The journal, in the state folder.</summary>
    public const string Journal = "journal";

    /// <summary>Facts about the run, in the state folder.</summary>
    public const string Run = "run.json";

    /// <summary>The file whose lock holds the folder, in the state folder.</summary>
    public const string Hold = "lock";

    /// <summary>The name under which a file is written before it is complete.</summary>
    public static string Temporary(string name, UInt128 plan) => $".{name}.{plan.ToString("x32")[..8]}.tmp";

    /// <summary>Whether a name can only mean a file directly in the folder.</summary>
    public static bool IsPlain(string name) => name.Length is > 0 and <= 255
        && name is not ("." or ".." or State) && name.AsSpan().IndexOfAny('/', '\\', '\0') < 0;
}

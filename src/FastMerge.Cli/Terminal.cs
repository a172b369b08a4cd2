using System.Text;

namespace FastMerge.Cli;

/// <summary>The streams and environment a command talks to.</summary>
sealed record Terminal
{
    const int PlainWidth = 100;
    const int BufferBytes = 1 << 14;

    /// <summary>Results.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, narration, errors.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person sees <see cref="Out"/> directly.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Whether a person sees <see cref="Error"/> directly.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Columns of a line.</summary>
    public int Width { get; init; } = PlainWidth;

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        var (outIsTerminal, errorIsTerminal) = (!Console.IsOutputRedirected, !Console.IsErrorRedirected);
        return new()
        {
            Out = Writer(Console.OpenStandardOutput(), autoFlush: false),
            Error = Writer(Console.OpenStandardError(), autoFlush: true),
            OutIsTerminal = outIsTerminal,
            ErrorIsTerminal = errorIsTerminal,
            Width = outIsTerminal || errorIsTerminal ? WindowWidth() : PlainWidth,
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>Whether escape sequences may go to a stream.</summary>
    public bool AllowsColor(ColorMode mode, bool isTerminal) => mode switch
    {
        ColorMode.Always => true,
        ColorMode.Never => false,
        _ => isTerminal && IsUnset("NO_COLOR") && Variable("TERM") != "dumb",
    };

    static int WindowWidth() => Console.WindowWidth is > 0 and var width ? Math.Clamp(width, 40, 120) : PlainWidth;

    static StreamWriter Writer(Stream stream, bool autoFlush) =>
        new(stream, new UTF8Encoding(false), BufferBytes) { AutoFlush = autoFlush };

    bool IsUnset(string variable) => string.IsNullOrEmpty(Variable(variable));
}

/// <summary>When output is coloured.</summary>
enum ColorMode
{
    /// <summary>On a terminal, unless NO_COLOR is set.</summary>
    Auto,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Never.</summary>
    Never,
}

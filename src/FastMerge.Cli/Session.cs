using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli;

/// <summary>One run of a command: where it prints, and how.</summary>
sealed class Session(Terminal terminal, IMergeService service, ColorMode color, bool json, bool quiet)
{
    readonly HashSet<string> _warned = [];

    /// <summary>Streams.</summary>
    public Terminal Terminal { get; } = terminal;

    /// <summary>The library.</summary>
    public IMergeService Service { get; } = service;

    /// <summary>Whether stdout carries JSON lines.</summary>
    public bool IsJson { get; } = json;

    /// <summary>Whether there is no progress and no narration.</summary>
    public bool IsQuiet { get; } = quiet;

    /// <summary>Colours of stdout.</summary>
    public Palette OutColors { get; } = new(terminal.AllowsColor(color, terminal.OutIsTerminal));

    /// <summary>Colours of stderr.</summary>
    public Palette ErrorColors { get; } = new(terminal.AllowsColor(color, terminal.ErrorIsTerminal));

    /// <summary>Results.</summary>
    public TextWriter Out => Terminal.Out;

    /// <summary>JSON lines on stdout.</summary>
    public JsonLines Json { get; } = new(terminal.Out);

    /// <summary>Tells on stderr what goes on.</summary>
    public void Narrate(string text)
    {
        if (!IsQuiet && !IsJson) Terminal.Error.WriteLine(text);
    }

    /// <summary>Whether this warning has not been shown yet; from now on it counts as shown.</summary>
    public bool IsNewWarning(string text) => _warned.Add(text);

    /// <summary>Warns, once for each text.</summary>
    public void Warn(string text)
    {
        if (!IsNewWarning(text)) return;
        if (IsJson) Json.Write("warning", w => w.WriteString("message", DisplayText.Escape(text)));
        else Terminal.Error.WriteLine($"{ErrorColors.Yellow("warning:")} {DisplayText.Escape(text)}");
    }

    /// <summary>Reports why the command failed; the result is the exit code.</summary>
    public int Fail(int exit, string kind, string message)
    {
        var text = DisplayText.Escape(message.ReplaceLineEndings(" "));
        if (IsJson)
        {
            Json.Write("error", w =>
            {
                w.WriteString("kind", kind);
                w.WriteNumber("exit", exit);
                w.WriteString("message", text);
            });
        }
        Terminal.Error.WriteLine($"{ErrorColors.Red("error:")} {text}");
        return exit;
    }
}

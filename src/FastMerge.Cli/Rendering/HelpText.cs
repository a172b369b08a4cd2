using System.CommandLine;
using System.Text;

namespace FastMerge.Cli.Rendering;

/// <summary>The text of <c>--help</c>.</summary>
sealed class HelpText(int width, Palette colors)
{
    const int Indent = 2;
    const int WidestTerm = 30;

    readonly StringBuilder _text = new();

    /// <summary>The help of the program.</summary>
    public string OfProgram(string description, IEnumerable<CliCommand> commands, IReadOnlyList<Option> options)
    {
        _text.AppendLine(description).AppendLine();
        Title("Usage");
        _text.AppendLine("  fastmerge COMMAND [ARGUMENTS] [OPTIONS]").AppendLine();
        Title("Commands");
        foreach (var command in commands) Row(command.Name, command.Description!);
        _text.AppendLine();
        Options("Options", options);
        Title("Examples");
        _text.AppendLine("  fastmerge merge recipe.yml merged").AppendLine("  fastmerge merge --help").AppendLine();
        Title("Exit codes");
        Paragraph("0 done, 1 defect, 2 usage, 3 recipe, 4 input checkpoint, 5 cannot be planned, "
            + "6 not enough disk or memory, 7 I/O failed (resumable), 8 verification failed, 9 output in use, "
            + "10 input changed, 11 non-finite values, 75 try again, 130 and 143 interrupted (resumable)");
        return _text.ToString();
    }

    /// <summary>The help of a command.</summary>
    public string OfCommand(CliCommand command)
    {
        _text.AppendLine(command.Description).AppendLine();
        Title("Usage");
        var arguments = command.Arguments.Select(a => a.Arity.MinimumNumberOfValues > 0 ? a.Name
            : a.Arity.MaximumNumberOfValues > 1 ? $"[{a.Name}...]" : $"[{a.Name}]");
        _text.AppendLine($"  fastmerge {string.Join(' ', arguments.Prepend(command.Name))} [OPTIONS]").AppendLine();
        if (command.Arguments.Count > 0)
        {
            Title("Arguments");
            foreach (var argument in command.Arguments) Row(argument.Name, argument.Description!);
            _text.AppendLine();
        }
        foreach (var (title, options) in command.Groups) Options(title, options);
        Title(command.Examples.Count == 1 ? "Example" : "Examples");
        foreach (var example in command.Examples) _text.AppendLine($"  {example}");
        return _text.ToString();
    }

    void Options(string title, IReadOnlyList<Option> options)
    {
        if (options.All(o => o.Hidden)) return;
        Title(title);
        foreach (var option in options)
        {
            if (option.Hidden) continue;
            var names = string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Append(option.Name));
            Row(option.HelpName is { } value ? $"{names} {value}" : names, option.Description!);
        }
        _text.AppendLine();
    }

    void Title(string text) => _text.AppendLine(colors.Bold(text));

    void Row(string term, string description)
    {
        var column = Indent + WidestTerm + Indent;
        _text.Append(' ', Indent).Append(term);
        if (term.Length > WidestTerm) _text.AppendLine().Append(' ', column);
        else _text.Append(' ', column - Indent - term.Length);
        var lines = Wrap(description, Math.Max(width - column, 30)).ToArray();
        _text.AppendLine(lines[0]);
        foreach (var line in lines[1..]) _text.Append(' ', column).AppendLine(line);
    }

    void Paragraph(string text)
    {
        foreach (var line in Wrap(text, width - Indent)) _text.Append(' ', Indent).AppendLine(line);
    }

    static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }
            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }
        yield return line.ToString();
    }
}

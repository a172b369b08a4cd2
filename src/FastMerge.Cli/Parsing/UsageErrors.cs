using System.CommandLine;
using System.CommandLine.Parsing;
using FastMerge.Core;

namespace FastMerge.Cli.Parsing;

/// <summary>Finds what is wrong with a command line and says it in one line.</summary>
static class UsageErrors
{
    /// <summary>The first error, or null.</summary>
    public static string? Find(ParseResult parse, IReadOnlyList<string> args)
    {
        if (parse.CommandResult.Command is not CliCommand command)
            return UnknownOption(parse, parse.CommandResult.Command) ?? UnknownCommand(parse, args);
        if (UnknownOption(parse, command) is { } unknown) return unknown;
        if (parse.UnmatchedTokens.Count > 0)
            return $"{command.Name} takes no further argument '{parse.UnmatchedTokens[0]}'; {HelpHint(command)}";
        foreach (var argument in command.Arguments)
            if (argument.Arity.MinimumNumberOfValues > 0 && parse.GetResult(argument) is not { Tokens.Count: > 0 })
                return $"{command.Name} needs {argument.Name}: {argument.Description}; {HelpHint(command)}";
        return parse.Errors.Count > 0 ? OptionError(parse) ?? parse.Errors[0].Message : null;
    }

    static string? OptionError(ParseResult parse)
    {
        foreach (var option in parse.CommandResult.Command.Options)
        {
            if (option.Arity.MaximumNumberOfValues == 0) continue;
            if (parse.GetResult(option) is not { Implicit: false } result) continue;
            if (result.Tokens.Count == 0) return $"{option.Name} needs a value: {option.Description}";
            if (result.Tokens.Count > 1) return $"{option.Name} is given {result.Tokens.Count} times; once is enough";
        }
        return null;
    }

    static string UnknownCommand(ParseResult parse, IReadOnlyList<string> args)
    {
        var names = parse.CommandResult.Command.Subcommands.Select(c => c.Name).ToArray();
        var word = parse.UnmatchedTokens.Count > 0 ? parse.UnmatchedTokens[0] : args[0];
        return $"there is no command '{word}'{NearestText(word, names)}; commands are {string.Join(", ", names)}";
    }

    static string? UnknownOption(ParseResult parse, Command command)
    {
        var ofOptions = command.Options.SelectMany(o => parse.GetResult(o)?.Tokens ?? [])
            .ToHashSet<Token>(ReferenceEqualityComparer.Instance);
        foreach (var token in parse.Tokens)
        {
            if (token.Type == TokenType.DoubleDash) break;
            if (token.Type != TokenType.Argument || ofOptions.Contains(token)) continue;
            if (token.Value.Length < 2 || token.Value[0] != '-') continue;
            var word = token.Value.Split('=')[0];
            var names = command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name)).ToArray();
            return names.Contains(word)
                ? $"{word} belongs after the command, as in fastmerge {command.Name} {word}"
                : $"{Name(command)} has no option {word}{NearestText(word, names)}; {HelpHint(command)}";
        }
        return null;
    }

    static string NearestText(string word, IEnumerable<string> names) =>
        DisplayText.Nearest(word, names) is { } nearest ? $" (the nearest is {nearest})" : "";

    static string Name(Command command) => command is CliCommand ? command.Name : "fastmerge";

    static string HelpHint(Command command) =>
        command is CliCommand ? $"see fastmerge {command.Name} --help" : "see fastmerge --help";
}

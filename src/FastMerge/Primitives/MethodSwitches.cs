namespace FastMerge.Primitives;

/// <summary>
/// The values that decide the shape of a method's expression: flags that are on, optional parameters that are set,
/// and the words of choices.
/// </summary>
sealed class MethodSwitches
{
    readonly IReadOnlyDictionary<Choice, string> _words;

    /// <summary>Switches; a choice without a word has its default.</summary>
    public MethodSwitches(
        IEnumerable<Parameter> on, IReadOnlyDictionary<Choice, string> words, InnerMethod? inner = null)
    {
        (On, _words, Inner) = (on.ToHashSet(), words, inner);
        Text = string.Join(' ', On.Select(p => p.Name).Concat(words.Select(w => $"{w.Key.Name}={w.Value}"))
            .Order(StringComparer.Ordinal).Concat(inner is null ? [] : [inner.Text]));
    }

    /// <summary>The method that this one is built around, if it is.</summary>
    public InnerMethod? Inner { get; }

    /// <summary>The flags that are on and the optional parameters that are set.</summary>
    public IReadOnlySet<Parameter> On { get; }

    /// <summary>All switches in order of name; equal texts are equal switches of a method.</summary>
    public string Text { get; }

    /// <summary>Every switch off, every choice at its default.</summary>
    public static MethodSwitches None { get; } = new([], new Dictionary<Choice, string>());

    /// <summary>The switches of a recipe that sets none.</summary>
    public static MethodSwitches Defaults(MethodSignature signature) => new(
        signature.Parameters.OfType<Flag>().Where(f => f.Default), new Dictionary<Choice, string>(),
        InnerMethod.Standard(signature));

    /// <summary>Every combination that gives an expression of its own, an inner method at its defaults.</summary>
    public static IEnumerable<MethodSwitches> All(MethodSignature signature)
    {
        Parameter[] flags = [.. signature.Parameters.Where(
            p => p is Flag { Ignored: false } or PerModel { Optional: true } or Global { Optional: true }
                or Table { Optional: true })];
        var words = signature.Parameters.OfType<Choice>().Aggregate(
            (IEnumerable<Dictionary<Choice, string>>)[[]],
            (all, choice) => all.SelectMany(w => choice.Words.Select(
                word => new Dictionary<Choice, string>(w) { [choice] = word })));
        return from chosen in words
               from bits in Enumerable.Range(0, 1 << flags.Length)
               select new MethodSwitches(
                   flags.Where((_, i) => (bits & (1 << i)) != 0), chosen, InnerMethod.Standard(signature));
    }

    /// <summary>Whether a flag is on or an optional parameter set.</summary>
    public bool IsOn(Parameter parameter) => On.Contains(parameter);

    /// <summary>The word of a choice.</summary>
    public string WordOf(Choice choice) => _words.TryGetValue(choice, out var word) ? word : choice.Default;
}

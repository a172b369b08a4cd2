using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Testing.Reference;

/// <summary>The parameter values of a method for one tensor, by recipe name; defaults for what is not given.</summary>
sealed class MethodArguments
{
    readonly Dictionary<string, double[]> _values = [];
    readonly Dictionary<string, bool> _flags = [];
    readonly Dictionary<string, string> _words = [];

    /// <summary>Sets a number, or one number for each model.</summary>
    public MethodArguments Set(string name, params double[] values)
    {
        _values[name] = values;
        return this;
    }

    /// <summary>Sets a switch.</summary>
    public MethodArguments Set(string name, bool value)
    {
        _flags[name] = value;
        return this;
    }

    /// <summary>Sets the word of a choice.</summary>
    public MethodArguments Set(string name, string word)
    {
        _words[name] = word;
        return this;
    }

    /// <summary>
    /// The values as a plan has them, an inner method's among them. A name that neither method has is refused.
    /// </summary>
    public ParameterValues For(MergeMethod method, int models)
    {
        Parameter[] parameters = [.. method.Signature.Parameters];
        var inner = parameters.OfType<Inner>().Select(i => _words.TryGetValue(i.Name, out var word)
            ? MethodCatalog.Find(word)! : i.Standard).FirstOrDefault();
        Parameter[] innermost = [.. (inner?.Signature.Parameters ?? []).Where(
            p => InnerMethod.Reads(method.Signature, p))];
        string[] given = [.. _values.Keys, .. _flags.Keys, .. _words.Keys];
        var unknown = given.Except(parameters.Concat(innermost).Select(p => p.Name)).ToArray();
        if (unknown.Length > 0) throw new ArgumentException($"{method.Signature.Name} has no {unknown[0]}");
        var values = new Dictionary<Parameter, double[]>();
        var innerSwitches = Switches(innermost, models, values);
        return new(values, Switches(
            parameters, models, values, inner is null ? null : new(inner, innerSwitches, method.Signature)));
    }

    MethodSwitches Switches(
        Parameter[] parameters, int models, Dictionary<Parameter, double[]> values, InnerMethod? inner = null)
    {
        var switches = new List<Parameter>();
        var words = new Dictionary<Choice, string>();
        foreach (var parameter in parameters)
        {
            var numbers = _values.GetValueOrDefault(parameter.Name);
            switch (parameter)
            {
                case Flag flag when _flags.GetValueOrDefault(flag.Name, flag.Default):
                    switches.Add(flag);
                    break;
                case Choice choice when _words.TryGetValue(choice.Name, out var word):
                    words[choice] = word;
                    break;
                case Global { Optional: true } when numbers is null:
                    break;
                case Global global:
                    values[global] = numbers ?? [Required(global, global.Default)];
                    if (global.Optional) switches.Add(global);
                    break;
                case Table { Optional: true } when numbers is null:
                    break;
                case Table table:
                    values[table] = numbers ?? [Required(table, null)];
                    if (table.Optional) switches.Add(table);
                    break;
                case PerModel { Optional: true } when numbers is null:
                    break;
                case PerModel perModel:
                    numbers ??= [Required(perModel, perModel.Default)];
                    values[perModel] = numbers.Length == models
                        ? numbers : [.. Enumerable.Repeat(numbers.Single(), models)];
                    if (perModel.Optional) switches.Add(perModel);
                    break;
            }
        }
        return new(switches, words, inner);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join("; ",
    [
        .. _values.Select(v => $"{v.Key}: {string.Join(", ", v.Value)}"), .. _flags.Select(f => $"{f.Key}: {f.Value}"),
        .. _words.Select(w => $"{w.Key}: {w.Value}"),
    ]);

    static double Required(Parameter parameter, double? value) =>
        value ?? throw new ArgumentException($"{parameter.Name} has no default");
}

using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Testing.Reference;

/// <summary>The parameter values of a method for one tensor, by recipe name; defaults for what is not given.</summary>
sealed class MethodArguments
{
    readonly Dictionary<string, double[]> _values = [];
    readonly Dictionary<string, bool> _flags = [];

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

    /// <summary>The values as a plan has them. A name that the method does not have is refused.</summary>
    public ParameterValues For(MergeMethod method, int models)
    {
        var parameters = method.Signature.Parameters;
        var unknown = _values.Keys.Concat(_flags.Keys).Except(parameters.Select(p => p.Name)).ToArray();
        if (unknown.Length > 0) throw new ArgumentException($"{method.Signature.Name} has no {unknown[0]}");
        var values = new Dictionary<Parameter, double[]>();
        var switches = new HashSet<Parameter>();
        foreach (var parameter in parameters)
        {
            var given = _values.GetValueOrDefault(parameter.Name);
            switch (parameter)
            {
                case Flag flag when _flags.GetValueOrDefault(flag.Name, flag.Default):
                    switches.Add(flag);
                    break;
                case Global global:
                    values[global] = given ?? [Required(global, global.Default)];
                    break;
                case PerModel { Optional: true } when given is null:
                    break;
                case PerModel perModel:
                    given ??= [Required(perModel, perModel.Default)];
                    values[perModel] = given.Length == models ? given : [.. Enumerable.Repeat(given.Single(), models)];
                    if (perModel.Optional) switches.Add(perModel);
                    break;
            }
        }
        return new(values, switches);
    }

    static double Required(Parameter parameter, double? value) =>
        value ?? throw new ArgumentException($"{parameter.Name} has no default");
}

using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>The values of a method's parameters for one tensor; per-model ones in model order.</summary>
sealed class ParameterValues(
    IReadOnlyDictionary<Parameter, double[]> values, IReadOnlySet<Parameter> switches)
{
    /// <summary>The flags that are on and the optional parameters that are set.</summary>
    public IReadOnlySet<Parameter> Switches { get; } = switches;

    /// <summary>The names of <see cref="Switches"/>, in order.</summary>
    public string SwitchText { get; } = string.Join(' ', switches.Select(s => s.Name).Order(StringComparer.Ordinal));

    /// <summary>One value, or one for each model.</summary>
    public double[] this[Parameter parameter] => values[parameter];

    /// <summary>All values, for the plan's hash and text.</summary>
    public IEnumerable<KeyValuePair<Parameter, double[]>> All => values;
}

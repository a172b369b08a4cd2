using System.Globalization;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>The values of a method's parameters for one tensor; per-model ones in model order.</summary>
/// <param name="values">The numbers.</param>
/// <param name="switches">The switches.</param>
/// <param name="files">SHA-256 of the files that numbers were read from.</param>
sealed class ParameterValues(
    IReadOnlyDictionary<Parameter, double[]> values, MethodSwitches switches, params IReadOnlyList<string> files)
{
    /// <summary>SHA-256 of the files that numbers were read from, for the plan's hash.</summary>
    public IReadOnlyList<string> Files { get; } = files;

    /// <summary>What decides the shape of the expression.</summary>
    public MethodSwitches Switches { get; } = switches;

    /// <summary>Switches and values in order of name; equal texts are equal values of a method.</summary>
    public string Text { get; } = switches.Text + string.Concat(values
        .OrderBy(v => v.Key.Name, StringComparer.Ordinal).Select(v => $" {v.Key.Name}={Numbers(v.Value)}"));

    /// <summary>One value, or one for each model.</summary>
    public double[] this[Parameter parameter] => values[parameter];

    /// <summary>The values as one model alone has them.</summary>
    public ParameterValues OfModel(int model) => new(
        values.ToDictionary(v => v.Key, v => v.Key.HasModelValues && v.Value.Length > 1 ? [v.Value[model]] : v.Value),
        Switches, Files);

    /// <summary>All values, for the plan's hash and text.</summary>
    public IEnumerable<KeyValuePair<Parameter, double[]>> All => values;

    static string Numbers(double[] values) =>
        string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
}

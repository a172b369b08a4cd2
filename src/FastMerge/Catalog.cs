using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge;

/// <summary>The merge methods and what they ask of a recipe.</summary>
public static class Catalog
{
    /// <summary>All methods, by name.</summary>
    public static IReadOnlyList<MethodInfo> Methods { get; } =
        [.. MethodCatalog.All.Select(m => Describe(m.Signature))];

    /// <summary>The method name nearest to a mistyped one, if any is near.</summary>
    public static string? Nearest(string name) => MethodCatalog.Nearest(name);

    static MethodInfo Describe(MethodSignature s) => new(
        s.Name, s.Summary, s.Source,
        s.Base switch
        {
            BaseUse.Required => "required",
            BaseUse.EndPoint => "required, one end of the interpolation",
            BaseUse.Optional => "optional, task vectors are taken from it",
            BaseUse.Input => "optional, one more model",
            BaseUse.SoleModel => "absent, or the only model",
            _ => "optional, donates config and tokenizer",
        },
        s.MinModels, s.MaxModels == int.MaxValue ? null : s.MaxModels, [.. s.Parameters.Select(Describe)]);

    static ParameterInfo Describe(Parameter p) => p switch
    {
        Flag flag => new(p.Name, p.Summary, false, "true or false", flag.Default ? "true" : "false"),
        Choice choice => new(p.Name, p.Summary, false, string.Join(" or ", choice.Words), choice.Default),
        Inner inner => new(p.Name, p.Summary, false, inner.Words is { } words ? string.Join(" or ", words)
            : "a method, with its parameters beside", inner.Standard.Signature.Name),
        Global global => new(p.Name, p.Summary, false, global.Bounds.ToString(), Text(global.Default, global.Optional)),
        PerModel model => new(p.Name, p.Summary, true, model.Bounds.ToString(), Text(model.Default, model.Optional)),
        Table table => new(p.Name, p.Summary, false, "a CSV file", Text(null, table.Optional)),
        _ => throw new InvalidOperationException(p.GetType().Name),
    };

    static string? Text(double? value, bool optional) =>
        value?.ToString("R", System.Globalization.CultureInfo.InvariantCulture) ?? (optional ? "unset" : null);
}

/// <summary>A merge method.</summary>
/// <param name="Name">The recipe's <c>merge_method</c>.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Source">The paper it comes from.</param>
/// <param name="Base">What it does with <c>base_model</c>.</param>
/// <param name="MinModels">Fewest models besides the base.</param>
/// <param name="MaxModels">Most models besides the base; null is no limit.</param>
/// <param name="Parameters">What it reads from the recipe.</param>
public sealed record MethodInfo(
    string Name, string Summary, string Source, string Base, int MinModels, int? MaxModels,
    IReadOnlyList<ParameterInfo> Parameters);

/// <summary>A parameter of a merge method.</summary>
/// <param name="Name">The recipe key.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="PerModel">Whether each model may have its own value.</param>
/// <param name="Accepts">What values it takes.</param>
/// <param name="Default">The value when the recipe says nothing; null if the recipe must say.</param>
public sealed record ParameterInfo(string Name, string Summary, bool PerModel, string Accepts, string? Default);

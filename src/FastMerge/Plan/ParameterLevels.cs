using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>
/// Which level of a recipe decides a parameter: the source, then the rule, the slice, the module, the recipe. A level
/// whose filters do not match is passed over; where none decides, the method's default holds.
/// </summary>
sealed class ParameterLevels(ParameterSet? rule, LayerSlice slice, ParameterSet recipe)
{
    readonly ParameterSet[] _shared = [rule ?? ParameterSet.Empty, slice.Parameters, slice.ModuleParameters, recipe];

    /// <summary>A parameter of all models, by the tensor of the output; null where no level decides.</summary>
    public ResolvedValue? Shared(string key, TensorTraits output, double position) =>
        ParameterLookup.Resolve(_shared, key, output, position);

    /// <summary>A parameter of one model, by the tensor of that model; null where no level decides.</summary>
    public ResolvedValue? OfSource(LayerSource source, string key, TensorTraits input, double position) =>
        ParameterLookup.Resolve([source.Parameters, .. _shared], key, input, position);
}

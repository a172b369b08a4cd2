using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>What filters and rules see of a tensor.</summary>
/// <param name="Name">Its name in the model or in the output.</param>
/// <param name="Role">What it does.</param>
/// <param name="Layer">The number of its layer; null outside the layers.</param>
/// <param name="Expert">The number of its expert; null outside experts and for fused ones.</param>
readonly record struct TensorTraits(string Name, TensorRole Role, int? Layer, int? Expert)
{
    /// <summary>What a name alone tells: the first number among its dotted parts is its layer.</summary>
    public static TensorTraits OfName(string name) =>
        new(name, TensorRole.Other, ParameterLookup.LayerIndex(name), null);
}

using System.Collections.Immutable;

namespace FastMerge.Recipe;

/// <summary>A parameter as written: its key and its value.</summary>
sealed record ParameterEntry(string Key, SourceSpan KeySpan, ParameterValue Value);

/// <summary>The <c>parameters</c> of one level of a recipe.</summary>
sealed record ParameterSet(ImmutableArray<ParameterEntry> Entries)
{
    /// <summary>No parameters.</summary>
    public static ParameterSet Empty { get; } = new([]);

    /// <summary>What is written for a key, or null.</summary>
    public ParameterValue? this[string key] => Entries.FirstOrDefault(e => e.Key == key)?.Value;
}

/// <summary>Finds the value of a parameter for a tensor.</summary>
static class ParameterLookup
{
    /// <summary>
    /// The first value that the sets, nearest level first, give to a key for a tensor; null if none
    /// does. A level whose filters do not match the tensor is passed over.
    /// </summary>
    /// <param name="sets">As in: the model's, the slice's, the module's, the recipe's.</param>
    /// <param name="key">The parameter.</param>
    /// <param name="tensor">The one in the model for values of a model, in the output for all others.</param>
    /// <param name="layerPosition">From 0, the first layer, to 1, the last.</param>
    public static ResolvedValue? Resolve(
        IReadOnlyList<ParameterSet> sets, string key, TensorTraits tensor, double layerPosition) =>
        sets.Select(s => s[key]?.At(tensor, layerPosition)).FirstOrDefault(v => v is not null);

    /// <summary>The first number among the dotted parts of a tensor's name: its layer; null if it has none.</summary>
    public static int? LayerIndex(string tensorName)
    {
        foreach (var range in tensorName.AsSpan().Split('.'))
            if (int.TryParse(tensorName.AsSpan(range), System.Globalization.NumberStyles.None, null, out var index))
                return index;
        return null;
    }
}

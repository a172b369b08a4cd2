namespace FastMerge.Names;

/// <summary>Keys of config.json whose one number says which layers differ from the others.</summary>
static class LayerRule
{
    /// <summary>Whether a layer is one of those that a number marks.</summary>
    public static bool Marks(LayerKeyKind kind, int number, int layer) => kind switch
    {
        LayerKeyKind.First => layer < number,
        LayerKeyKind.Last => number < 0 || layer <= number,
        LayerKeyKind.EveryNth => number > 0 && (layer + 1) % number == 0,
        LayerKeyKind.EveryNthFromZero => number > 0 && layer % number == 0,
        _ => false,
    };

    /// <summary>The number that marks just these layers: the old one if it does, else the least; null if none
    /// does.</summary>
    /// <param name="kind">How the number is meant.</param>
    /// <param name="old">The number so far.</param>
    /// <param name="marked">For each layer, whether it is to be marked.</param>
    public static int? Solve(LayerKeyKind kind, int old, IReadOnlyList<bool> marked)
    {
        if (Fits(old)) return old;
        for (var number = 0; number <= marked.Count + 1; number++)
            if (Fits(number)) return number;
        return null;

        bool Fits(int number)
        {
            for (var layer = 0; layer < marked.Count; layer++)
                if (Marks(kind, number, layer) != marked[layer]) return false;
            return true;
        }
    }
}

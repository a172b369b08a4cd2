namespace FastMerge.Names;

/// <summary>How a key of config.json speaks of layers.</summary>
enum LayerKeyKind
{
    /// <summary>A list with one entry for each layer.</summary>
    Each,

    /// <summary>A list of layer numbers.</summary>
    Numbers,

    /// <summary>Layers below this number differ from the others.</summary>
    First,

    /// <summary>Layers up to this number, itself included, differ from the others.</summary>
    Last,

    /// <summary>Every n-th layer differs: those where (number + 1) is a multiple of n.</summary>
    EveryNth,

    /// <summary>Every n-th layer differs: those whose number is a multiple of n.</summary>
    EveryNthFromZero,
}

/// <summary>A key of config.json that speaks of layers; a list under a scalar kind has one entry a layer.</summary>
/// <param name="Key">The key.</param>
/// <param name="Kind">How its value is meant.</param>
readonly record struct LayerKey(string Key, LayerKeyKind Kind)
{
    /// <summary>What an absent key means; null: nothing.</summary>
    public int? Default { get; init; }

    /// <summary>A key whose list, where there is one, holds instead of this.</summary>
    public string? OverruledBy { get; init; }
}

namespace FastMerge.Checkpoint.Output;

/// <summary>Order of texts by code point, which is the order of their UTF-8 bytes.</summary>
sealed class CodePointOrder : IComparer<string>
{
    CodePointOrder()
    {
    }

    /// <summary>The one instance.</summary>
    public static CodePointOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        var shared = x.AsSpan().CommonPrefixLength(y);
        return shared < x?.Length && shared < y?.Length
            ? CompareUnits(x[shared], y[shared])
            : (x?.Length ?? -1).CompareTo(y?.Length ?? -1);
    }

    /// <summary>Compares UTF-16 units so that surrogates, which spell the highest code points, come last.</summary>
    public static int CompareUnits(char x, char y) =>
        char.IsSurrogate(x) == char.IsSurrogate(y) ? x.CompareTo(y) : char.IsSurrogate(x) ? 1 : -1;
}

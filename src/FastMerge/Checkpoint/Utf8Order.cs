namespace FastMerge.Checkpoint;

/// <summary>Orders strings as their UTF-8 bytes; ordinal UTF-16 differs for characters beyond U+FFFF.</summary>
static class Utf8Order
{
    public static int Compare(string a, string b)
    {
        var common = a.AsSpan().CommonPrefixLength(b);
        if (common == a.Length || common == b.Length) return a.Length.CompareTo(b.Length);
        return Rank(a[common]).CompareTo(Rank(b[common]));
    }

    // Surrogates stand for U+10000 and more: above the rest of the 16-bit range.
    static int Rank(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// Order of tensor names in which layer 2 comes before layer 10: runs of digits compare as numbers,
/// everything else by code point. Names that differ only in leading zeros compare by code point.
/// </summary>
sealed class NaturalOrder : IComparer<string>
{
    NaturalOrder()
    {
    }

    /// <summary>The one instance.</summary>
    public static NaturalOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int i = 0, j = 0;
        while (i < x.Length && j < y.Length)
        {
            if (char.IsAsciiDigit(x[i]) && char.IsAsciiDigit(y[j]))
            {
                var order = CompareNumbers(TakeDigits(x, ref i), TakeDigits(y, ref j));
                if (order != 0) return order;
            }
            else if (x[i] != y[j])
            {
                return (char.IsSurrogate(x[i]), x[i]).CompareTo((char.IsSurrogate(y[j]), y[j]));
            }
            else
            {
                i++;
                j++;
            }
        }
        var rest = (x.Length - i).CompareTo(y.Length - j);
        return i < x.Length || j < y.Length ? rest : Utf8Order.Compare(x, y);
    }

    static ReadOnlySpan<char> TakeDigits(string text, ref int position)
    {
        var start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position])) position++;
        return text.AsSpan(start, position - start).TrimStart('0');
    }

    static int CompareNumbers(ReadOnlySpan<char> x, ReadOnlySpan<char> y) =>
        x.Length != y.Length ? x.Length.CompareTo(y.Length) : x.SequenceCompareTo(y);
}

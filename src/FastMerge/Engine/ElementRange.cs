namespace FastMerge.Engine;

/// <summary>Elements of a tensor, by index.</summary>
readonly record struct ElementRange(long First, long Count)
{
    /// <summary>The index behind the last element.</summary>
    public long End => First + Count;

    /// <summary>Whether all elements of another range are in this one.</summary>
    public bool Covers(ElementRange other) => First <= other.First && other.End <= End;
}

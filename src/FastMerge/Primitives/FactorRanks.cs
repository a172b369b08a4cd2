namespace FastMerge.Primitives;

/// <summary>
/// The ranks of task vectors that are products of factors, as adapters of one base have them: 0 for a model that is the
/// base as it is. Equal ranks are equal.
/// </summary>
sealed class FactorRanks(params IReadOnlyList<long> ranks) : IEquatable<FactorRanks>
{
    /// <summary>The rank of a model's task vector.</summary>
    public long this[int model] => ranks[model];

    /// <summary>The models whose task vectors are not 0.</summary>
    public IEnumerable<int> Updated => Enumerable.Range(0, ranks.Count).Where(k => ranks[k] > 0);

    /// <summary>All of them together: the most directions that the task vectors have.</summary>
    public long Total => ranks.Sum();

    /// <inheritdoc/>
    public bool Equals(FactorRanks? other) => other is not null && ranks.SequenceEqual(other.All);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FactorRanks);

    /// <inheritdoc/>
    public override int GetHashCode() => ranks.Aggregate(0, HashCode.Combine);

    IReadOnlyList<long> All => ranks;
}

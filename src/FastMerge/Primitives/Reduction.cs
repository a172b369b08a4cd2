namespace FastMerge.Primitives;

/// <summary>Over what a reduction runs.</summary>
enum Scope
{
    /// <summary>All elements of the tensor.</summary>
    Tensor,

    /// <summary>The last axis: one result for each row. A tensor of one axis is one row.</summary>
    Row,

    /// <summary>The first axis: one result for each position on the others.</summary>
    Column,

    /// <summary>All elements of all tensors that go by the method in the same merge.</summary>
    Model,
}

/// <summary>
/// What a reduction computes in binary64: sums over the fixed tree, by column in index order, or a largest value.
/// </summary>
enum ReductionKind { Sum, AbsoluteSum, Dot, Gram, Maximum }

/// <summary>A sum over elements, or the largest of them; its result is a <see cref="Scalar"/>.</summary>
sealed class Reduction(ReductionKind kind, Scope scope, Tensor first, Tensor? second = null)
{
    /// <summary>What is added up.</summary>
    public ReductionKind Kind { get; } = kind;

    /// <summary>Over which elements.</summary>
    public Scope Scope { get; } = scope;

    /// <summary>The first factor.</summary>
    public Tensor First { get; } = first;

    /// <summary>The second factor of a dot product.</summary>
    public Tensor? Second { get; } = second;

    /// <summary>Whether there is one result for each model; a Gram matrix has one for each pair.</summary>
    public bool PerModel { get; } = kind != ReductionKind.Gram && (first.PerModel || second is { PerModel: true });

    /// <summary>How many numbers the result is: one, one for each model, or one for each pair.</summary>
    public int Width(int models) => Kind == ReductionKind.Gram ? models * (models + 1) / 2 : PerModel ? models : 1;

    /// <summary>The number of readings that come before this one.</summary>
    public int Level { get; } = Math.Max(first.Level, second?.Level ?? 0);
}

/// <summary>
/// The border of the elements that are kept when <see cref="Keep"/> of them are: the largest
/// magnitudes, equal ones in index order, over the tensor or over all tensors one after the other.
/// </summary>
sealed class Cut(Tensor source, Scalar keep, bool keepAtLeastOne, Scope scope = Scope.Tensor)
{
    /// <summary>Over which elements: a tensor's or the model's.</summary>
    public Scope Scope { get; } = scope;

    /// <summary>Whose magnitudes are ranked.</summary>
    public Tensor Source { get; } = source;

    /// <summary>How many elements are kept.</summary>
    public Scalar Keep { get; } = keep;

    /// <summary>Whether a count that comes out as zero is raised to one, with a warning.</summary>
    public bool KeepAtLeastOne { get; } = keepAtLeastOne;

    /// <summary>Whether <see cref="Scalar.Of(Cut)"/> asks for the threshold as a number.</summary>
    public bool IsRead { get; set; }

    /// <summary>The number of readings after which the cut is known.</summary>
    public int Level { get; } = Math.Max(source.Level, keep.Level) + 1;
}

using System.Collections.Immutable;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>
/// How a tensor is computed: passes, parameter values, and whether inputs are rounded first. Shared by all
/// tensors that a merge treats alike.
/// </summary>
sealed record TensorWork(TensorPasses Passes, ParameterValues Values, DType? InputRounding, MergeGroup Group);

/// <summary>One tensor of the output: where its inputs are and how it comes about.</summary>
sealed record PlannedTensor
{
    /// <summary>Name, dtype and shape in the output.</summary>
    public required TensorSpec Output { get; init; }

    /// <summary>How it is computed; null when the first of <see cref="Models"/> is copied byte by byte.</summary>
    public required TensorWork? Work { get; init; }

    /// <summary>The recipe's word for the method it goes by, also when that comes down to a copy.</summary>
    public string Method { get; init; } = "";

    /// <summary>What the output's name says.</summary>
    public TensorTraits Traits { get; init; }

    /// <summary>The base's tensor; null when the arithmetic does not read it.</summary>
    public required TensorSource? Base { get; init; }

    /// <summary>The models' tensors in recipe order. Rows beyond the output's are not read.</summary>
    public required ImmutableArray<TensorSource> Models { get; init; }

    /// <summary>Every input, the base first.</summary>
    public IEnumerable<TensorSource> Inputs => Base is null ? Models : Models.Prepend(Base);

    /// <summary>Every stored tensor below it.</summary>
    public IEnumerable<InputTensor> StoredInputs => Inputs.SelectMany(i => i.StoredInputs);

    /// <summary>Those of them that are read chunk by chunk, element for element.</summary>
    public IEnumerable<InputTensor> StreamedInputs => Inputs.SelectMany(i => i.StreamedInputs);

    /// <summary>The stages among its inputs, with or without an adapter.</summary>
    public IEnumerable<PlannedTensor> Stages => Inputs.Select(i => i.Stage).OfType<PlannedTensor>();

    /// <summary>The updates of its inputs.</summary>
    public IEnumerable<LowRankUpdate> Updates => Inputs.OfType<AdapterSource>().Select(a => a.Update);

    /// <summary>Elements of a row: the last axis, or the whole tensor when it has at most one.</summary>
    public long RowLength => Output.Shape.Length > 1 ? Output.Shape[^1] : Output.ElementCount;

    /// <summary>Positions on all axes but the first; 1 when there is at most one axis.</summary>
    public long ColumnCount => Output.Shape.Skip(1).Aggregate(1L, (count, length) => count * length);
}

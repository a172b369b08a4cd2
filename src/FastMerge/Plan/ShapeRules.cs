using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>An input of a tensor and the model it is of.</summary>
readonly record struct FoundInput(TensorSource Tensor, SourceModel Model);

/// <summary>Checks that the inputs of a tensor fit together, and crops vocabularies to their common rows.</summary>
sealed class ShapeRules(bool strict)
{
    readonly List<string> _warnings = [];

    /// <summary>What was cropped.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Rows of the vocabulary after cropping; null if nothing was cropped.</summary>
    public long? VocabularyRows { get; private set; }

    /// <summary>The shape of the merged tensor.</summary>
    /// <exception cref="FastMergeException">Plan: shapes or kinds of dtype differ.</exception>
    public long[] CommonShape(string name, bool hasVocabularyRows, IReadOnlyList<FoundInput> inputs)
    {
        var first = inputs[0].Tensor.Spec;
        if (inputs.Any(i => i.Tensor.Spec.DType.IsFloat() != first.DType.IsFloat()))
            throw Mismatch(
                name, inputs, s => s.DType.ToString(), "dtypes", "only floating-point dtypes may differ");
        if (inputs.All(i => i.Tensor.Spec.Shape.AsSpan().SequenceEqual(first.Shape.AsSpan()))) return [.. first.Shape];
        if (!hasVocabularyRows || inputs.Any(i => !SameRows(i.Tensor.Spec, first)))
            throw Mismatch(name, inputs, s => s.ShapeText, "shapes", "shapes must be equal");
        if (strict)
            throw Mismatch(
                name, inputs, s => s.ShapeText, "vocabulary rows", "--strict wants equal numbers of rows");
        var rows = inputs.Min(i => i.Tensor.Spec.Shape[0]);
        var counts = string.Join(", ", inputs.Select(i => i.Tensor.Spec.Shape[0]));
        _warnings.Add($"tensor {DisplayText.Escape(name)} has {counts} vocabulary rows; rows {rows} to "
            + $"{inputs.Max(i => i.Tensor.Spec.Shape[0]) - 1} are cut off");
        VocabularyRows = rows;
        return [rows, .. first.Shape.Skip(1)];
    }

    static bool SameRows(TensorSpec a, TensorSpec b) =>
        a.Shape.Length == b.Shape.Length && a.Shape.Length > 0 && a.Shape.AsSpan()[1..]
            .SequenceEqual(b.Shape.AsSpan()[1..]);

    static FastMergeException Mismatch(
        string name, IReadOnlyList<FoundInput> inputs, Func<TensorSpec, string> value, string what, string rule)
    {
        var values = inputs.Select(i => $"{value(i.Tensor.Spec)} in {i.Model.Text}");
        return new(FailureKind.Plan,
            $"tensor {DisplayText.Escape(name)} has different {what}: {string.Join(", ", values)}; {rule}");
    }
}

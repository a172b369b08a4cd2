using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Names;

namespace FastMerge.Plan;

/// <summary>The same tensor in every input; the base comes first if it is read.</summary>
sealed record MatchedTensor(string Name, InputTensor[] Inputs, long[] Shape);

/// <summary>Finds each tensor in every input and checks that the inputs fit together.</summary>
sealed class TensorMatcher(IReadOnlyList<InputCheckpoint> inputs, bool strict)
{
    readonly List<string> _warnings = [];
    readonly Dictionary<InputCheckpoint, ModelNames> _names =
        inputs.Distinct().ToDictionary(i => i, i => ModelNames.Of(i.Config, [.. i.Tensors.Keys]));

    /// <summary>What was odd.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Rows of the vocabulary after cropping; null if nothing was cropped.</summary>
    public long? VocabularyRows { get; private set; }

    /// <summary>All tensors, in natural order of their names.</summary>
    /// <exception cref="FastMergeException">Plan: a tensor is not in every input, or shapes or kinds
    /// differ.</exception>
    public IEnumerable<MatchedTensor> Match()
    {
        var names = inputs.Count == 1
            ? [.. inputs[0].Tensors.Keys]
            : inputs.SelectMany(i => i.Tensors.Keys).ToHashSet(StringComparer.Ordinal).ToArray();
        Array.Sort(names, Checkpoint.Output.NaturalOrder.Instance);
        foreach (var name in names)
        {
            var found = inputs.Select(input => Find(input, name)).ToArray();
            yield return new(name, found, CommonShape(name, found));
        }
    }

    InputTensor Find(InputCheckpoint input, string name)
    {
        if (input.Tensors.TryGetValue(name, out var tensor)) return tensor;
        if (_names[input].StandIn(name) is { } embedding)
        {
            _warnings.Add($"{Describe(input)} has no {name}; its {DisplayText.Escape(embedding)} stands in for it");
            return input.Tensors[embedding];
        }
        var owner = inputs.First(i => i.Tensors.ContainsKey(name));
        var lacking = inputs.Where(i => !i.Tensors.ContainsKey(name)).Select(Describe);
        var unmatched = inputs.Max(i => i.Tensors.Count) - inputs.Min(i => i.Tensors.Count);
        throw new FastMergeException(FailureKind.Plan,
            $"tensor {DisplayText.Escape(name)} of {Describe(owner)} is missing in {string.Join(", ", lacking)}"
            + (unmatched > 1 ? $" (the inputs have {string.Join(", ", inputs.Select(i => i.Tensors.Count))} tensors)"
                : "")
            + "; every input must have every tensor");
    }

    long[] CommonShape(string name, InputTensor[] found)
    {
        var first = found[0].Spec;
        var differing = found.FirstOrDefault(t => !t.Spec.Shape.AsSpan().SequenceEqual(first.Shape.AsSpan()));
        var mixed = found.FirstOrDefault(t => t.Spec.DType.IsFloat() != first.DType.IsFloat());
        if (mixed is not null)
            throw Mismatch(
                name, found, t => t.Spec.DType.ToString(), "dtypes", "only floating-point dtypes may differ");
        if (differing is null) return [.. first.Shape];
        if (!_names[inputs[0]][name].HasVocabularyRows || found.Any(t => !SameRows(t.Spec, first)))
            throw Mismatch(name, found, t => t.Spec.ShapeText, "shapes", "shapes must be equal");
        var rows = found.Min(t => t.Spec.Shape[0]);
        var counts = string.Join(", ", found.Select(t => t.Spec.Shape[0]));
        if (strict)
            throw Mismatch(
                name, found, t => t.Spec.ShapeText, "vocabulary rows", "--strict wants equal numbers of rows");
        _warnings.Add($"tensor {DisplayText.Escape(name)} has {counts} vocabulary rows; rows {rows} to "
            + $"{found.Max(t => t.Spec.Shape[0]) - 1} are cut off");
        VocabularyRows = rows;
        return [rows, .. first.Shape.Skip(1)];
    }

    static bool SameRows(TensorSpec a, TensorSpec b) =>
        a.Shape.Length == b.Shape.Length && a.Shape.Length > 0 && a.Shape.AsSpan()[1..]
            .SequenceEqual(b.Shape.AsSpan()[1..]);

    FastMergeException Mismatch(
        string name, InputTensor[] found, Func<InputTensor, string> value, string what, string rule)
    {
        var values = inputs.Select((input, i) => $"{value(found[i])} in {Describe(input)}");
        return new(FailureKind.Plan,
            $"tensor {DisplayText.Escape(name)} has different {what}: {string.Join(", ", values)}; {rule}");
    }

    static string Describe(InputCheckpoint input) => DisplayText.Escape(input.Location.Text);
}

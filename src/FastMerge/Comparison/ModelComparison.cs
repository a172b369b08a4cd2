using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;

namespace FastMerge.Comparison;

/// <summary>Compares two checkpoints through the engine, in chunks under the memory budget.</summary>
sealed class ModelComparison
{
    readonly InputCheckpoint _first;
    readonly InputCheckpoint _second;
    readonly string[] _names;
    readonly List<PlannedTensor> _pairs = [];
    readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);

    /// <summary>Opens both and pairs their tensors.</summary>
    /// <param name="first">The first model.</param>
    /// <param name="second">The second model.</param>
    /// <param name="isWanted">Which names are compared.</param>
    /// <param name="storage">Files.</param>
    public ModelComparison(string first, string second, Func<string, bool> isWanted, IStorage storage)
    {
        _first = InputCheckpoint.Open(new ModelLocation(first), storage);
        _second = InputCheckpoint.Open(new ModelLocation(second), storage);
        _names = [.. _first.Tensors.Keys.Union(_second.Tensors.Keys, StringComparer.Ordinal).Where(isWanted)];
        Array.Sort(_names, NaturalOrder.Instance);
        foreach (var name in _names)
            if (_first.Tensors.TryGetValue(name, out var a) && _second.Tensors.TryGetValue(name, out var b)
                && PairOf(a, b) is { } pair)
            {
                _indexes[name] = _pairs.Count;
                _pairs.Add(pair);
            }
    }

    /// <summary>The names that are compared.</summary>
    public int Count => _names.Length;

    /// <summary>Reads both.</summary>
    public ModelDiff Run(DiffOptions options, CancellationToken cancellation)
    {
        var run = new EngineRun(
            _pairs, RunLimits.Of(options.Threads, options.MemoryBytes, options.ChunkBytes, options.Input));
        var work = new DiffWork(_pairs, run.Options);
        using var inputs = new InputSet([_first, _second], options.Input);
        run.Run(work.Tasks, inputs, cancellation);
        return new()
        {
            First = _first.Location.Text,
            Second = _second.Location.Text,
            Tensors = [.. _names.Select(n => Describe(n, work))],
            Total = DifferenceSums.Total(_pairs.Zip(work.Sums).Where(p => p.Second is not null)
                .Select(p => (p.First.Output.ElementCount, p.Second!))),
            Warnings = [.. _first.Warnings, .. _second.Warnings],
        };
    }

    /// <summary>How a pair is compared; null if its values have nothing to do with each other.</summary>
    static PlannedTensor? PairOf(InputTensor first, InputTensor second)
    {
        var (a, b) = (first.Spec, second.Spec);
        if (!a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())) return null;
        var isComputed = a.DType.IsComputable() && b.DType.IsComputable();
        if (!isComputed && a.DType != b.DType) return null;
        return new()
        {
            Output = a,
            Work = isComputed ? DifferenceSums.Work : null,
            Base = new StoredSource(first),
            Models = [new StoredSource(second)],
        };
    }

    TensorDiff Describe(string name, DiffWork work)
    {
        var (first, second) = (_first.Tensors.GetValueOrDefault(name), _second.Tensors.GetValueOrDefault(name));
        var numbers = _indexes.TryGetValue(name, out var index) && work.Sums[index] is { } sums
            ? DifferenceSums.Numbers(first!.Spec.ElementCount, sums) : null;
        return new(name, Verdict(name, first, second, numbers, work), first?.Spec, second?.Spec, numbers);
    }

    TensorComparison Verdict(
        string name, InputTensor? first, InputTensor? second, DiffNumbers? numbers, DiffWork work)
    {
        if (second is null) return TensorComparison.OnlyInFirst;
        if (first is null) return TensorComparison.OnlyInSecond;
        if (!_indexes.TryGetValue(name, out var index)) return TensorComparison.Unlike;
        if (numbers is null ? !work.HasSameBytes[index] : numbers.Changed > 0) return TensorComparison.Changed;
        return first.Spec.DType == second.Spec.DType ? TensorComparison.Equal : TensorComparison.OtherDType;
    }
}

using FastMerge.Engine;
using FastMerge.Plan;

namespace FastMerge.Comparison;

/// <summary>Reads each pair of tensors once: sums of floating-point values, equality of all other bytes.</summary>
sealed class DiffWork(IReadOnlyList<PlannedTensor> pairs, EngineOptions options)
{
    /// <summary>The sums of each pair of floating-point tensors.</summary>
    public double[]?[] Sums { get; } = new double[pairs.Count][];

    /// <summary>Whether the bytes of each other pair are the same.</summary>
    public bool[] HasSameBytes { get; } = new bool[pairs.Count];

    /// <summary>The readings.</summary>
    public IEnumerable<TensorTask?> Tasks(EngineResources resources)
    {
        var sweeps = new TensorSweeps(resources, new ModelValues(), options, _ => { });
        for (var i = 0; i < pairs.Count; i++)
        {
            var (index, pair) = (i, pairs[i]);
            yield return new(null, pair, task => Read(sweeps, task.Name, index, pair));
        }
    }

    IEnumerable<Sweep> Read(TensorSweeps sweeps, string name, int index, PlannedTensor pair)
    {
        var state = new TensorState(pair, options.Seed);
        if (pair.Work is null)
        {
            var bytes = new CompareSweep(name)
            {
                State = state,
                Grid = ChunkGrid.Aligned(new(0, pair.Output.ByteCount), options.ChunkBytes / 2),
            };
            yield return bytes;
            HasSameBytes[index] = !bytes.IsDifferent;
            yield break;
        }
        var sums = sweeps.Reduce(state, name, DifferenceSums.Pass);
        yield return sums;
        Sums[index] = PairwiseSum.Of(sums.Partials, sums.Maxima);
    }
}

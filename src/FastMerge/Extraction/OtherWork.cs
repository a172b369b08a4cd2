using FastMerge.Comparison;
using FastMerge.Engine;

namespace FastMerge.Extraction;

/// <summary>Finds out which of the tensors that get no update differ.</summary>
sealed class OtherWork(IReadOnlyList<OtherTensor> tensors, EngineOptions engine)
{
    readonly bool[] _differs = [.. tensors.Select(t => t.Pair is null)];

    /// <summary>The tensors that differ, once all are read.</summary>
    public IEnumerable<OtherTensor> Differing => tensors.Where((_, i) => _differs[i]);

    /// <summary>The readings.</summary>
    public IEnumerable<TensorTask?> Tasks(EngineResources resources)
    {
        var sweeps = new TensorSweeps(resources, new ModelValues(), engine, _ => { });
        for (var i = 0; i < tensors.Count; i++)
        {
            var (index, pair) = (i, tensors[i].Pair);
            if (pair is not null) yield return new(null, pair, task => Read(sweeps, task.Name, index));
        }
    }

    IEnumerable<Sweep> Read(TensorSweeps sweeps, string name, int index)
    {
        var pair = tensors[index].Pair!;
        var state = new TensorState(pair, 0);
        try
        {
            if (pair.Work is null)
            {
                var bytes = new CompareSweep(name)
                { State = state, Grid = ChunkGrid.Aligned(new(0, pair.Output.ByteCount), engine.ChunkBytes / 2) };
                yield return bytes;
                _differs[index] = bytes.IsDifferent;
                yield break;
            }
            foreach (var sweep in sweeps.Prepare(state, name, DifferenceSums.Pass)) yield return sweep;
            var sums = sweeps.Reduce(state, name, DifferenceSums.Pass);
            yield return sums;
            _differs[index] = DifferenceSums.Numbers(
                pair.Output.ElementCount, PairwiseSum.Of(sums.Partials, sums.Maxima)).Changed > 0;
        }
        finally
        {
            state.Release();
        }
    }
}

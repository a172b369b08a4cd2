using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>One tensor under way: its current reading and which chunks of it are taken and done.</summary>
sealed class TensorTask
{
    readonly IEnumerator<Sweep> _sweeps;
    readonly HashSet<TensorState> _states = [];
    long _taken;
    long _running;
    bool _isBetween;

    /// <summary>A tensor that has not begun.</summary>
    /// <param name="index">Index in the output; null for readings that come before it.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="sweeps">Its readings.</param>
    public TensorTask(int? index, PlannedTensor tensor, Func<TensorTask, IEnumerable<Sweep>> sweeps)
    {
        (Index, Name) = (index, $"tensor {DisplayText.Escape(tensor.Output.Name)}");
        MatrixBytes = MatrixMemory.Of(tensor);
        _sweeps = sweeps(this).GetEnumerator();
    }

    /// <summary>Index in the output; null for readings that come before it.</summary>
    public int? Index { get; }

    /// <summary>Name for messages.</summary>
    public string Name { get; }

    /// <summary>Bytes that its matrices need.</summary>
    public long MatrixBytes { get; init; }

    /// <summary>The current reading.</summary>
    public Sweep Sweep => _sweeps.Current;

    /// <summary>
    /// Moves to the first or the next reading, which needs the results of the current one; false after the last. Until
    /// <see cref="Open"/> none of its chunks can be taken.
    /// </summary>
    public bool Advance()
    {
        do
        {
            if (!_sweeps.MoveNext()) return false;
            _states.Add(Sweep.State);
        }
        while (Sweep.Grid.Count == 0);
        return true;
    }

    /// <summary>Lets the current reading's chunks be taken.</summary>
    public void Open() => (_taken, _running, _isBetween) = (0, 0, false);

    /// <summary>Takes the next chunk, if one may run now. Not thread-safe.</summary>
    public bool TryTake(out long chunk)
    {
        chunk = _taken;
        if (_isBetween || _taken >= Sweep.Grid.Count || (Sweep.Ordered && _running > 0)) return false;
        _taken++;
        _running++;
        return true;
    }

    /// <summary>Notes that a chunk is done; true if it was the last of this reading. Not thread-safe.</summary>
    public bool Finish()
    {
        _running--;
        _isBetween = _running == 0 && _taken == Sweep.Grid.Count;
        return _isBetween;
    }

    /// <summary>Gives back what the current reading holds, and the factors that were loaded.</summary>
    public void End()
    {
        _sweeps.Dispose();
        foreach (var state in _states) state.ReleaseFactors();
    }
}

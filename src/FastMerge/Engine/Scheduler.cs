namespace FastMerge.Engine;

/// <summary>
/// Hands out chunks. Tensors begin in the order of the work, a bounded number is under way at once, and a tensor's
/// next reading becomes available when the last chunk of the one before is done.
/// </summary>
sealed class Scheduler
{
    readonly IEnumerator<TensorTask?> _work;
    readonly IMergeSink _sink;
    readonly MatrixPool _matrices;
    readonly int _most;
    readonly object _gate = new();
    readonly List<TensorTask> _active = [];
    bool _hasNext;
    bool _ended;
    bool _stopped;

    /// <summary>A scheduler of some work; at a null it goes on when everything before is done.</summary>
    public Scheduler(IEnumerable<TensorTask?> work, IMergeSink sink, MatrixPool matrices, int most)
    {
        (_work, _sink, _matrices, _most) = (work.GetEnumerator(), sink, matrices, most);
        sink.OnRoom(Wake);
    }

    /// <summary>The next chunk, waiting for one; false when all tensors are done or the merge has been
    /// stopped.</summary>
    public bool TryTake(out TensorTask task, out long chunk)
    {
        lock (_gate)
        {
            while (!_stopped)
            {
                foreach (var active in _active)
                {
                    if (!active.TryTake(out chunk)) continue;
                    task = active;
                    return true;
                }
                if (TryGoOn()) continue;
                if (_ended && _active.Count == 0) break;
                Monitor.Wait(_gate);
            }
            (task, chunk) = (null!, 0);
            return false;
        }
    }

    /// <summary>
    /// Notes that a chunk is done. When it was the last of its reading, the next reading begins. If that is a
    /// single chunk within what the caller has at hand, it is the caller's: true, and <paramref name="next"/> is to
    /// run.
    /// </summary>
    public bool Finish(FetchedChunk atHand, out long next)
    {
        var task = atHand.Task;
        next = 0;
        lock (_gate)
        {
            if (!task.Finish())
            {
                Monitor.PulseAll(_gate);
                return false;
            }
        }
        var goesOn = task.Advance();
        lock (_gate)
        {
            if (goesOn) task.Open();
            else _active.Remove(task);
            var isOwn = goesOn && task.Sweep.Grid.Count == 1 && atHand.Has(task.Sweep, 0) && task.TryTake(out next);
            Monitor.PulseAll(_gate);
            if (!goesOn) End(task);
            return isOwn;
        }
    }

    /// <summary>Hands out nothing more.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Gives back what unfinished tensors hold. Call when no thread runs any more.</summary>
    public void End()
    {
        foreach (var task in _active) End(task);
        _active.Clear();
        _work.Dispose();
    }

    /// <summary>Begins the next tensor, or passes a null; false if there is none, or it has to wait.</summary>
    bool TryGoOn()
    {
        if (_ended) return false;
        if (!_hasNext && !(_hasNext = _work.MoveNext()))
        {
            _ended = true;
            return false;
        }
        var task = _work.Current;
        if (task is null ? _active.Count > 0 : _active.Count >= _most) return false;
        if (task is not null && !_matrices.TryReserve(task.MatrixBytes)) return false;
        if (task is { Index: { } index } && !_sink.TryBegin(index))
        {
            _matrices.Release(task.MatrixBytes);
            return false;
        }
        _hasNext = false;
        if (task is null) return true;
        if (task.Advance()) _active.Add(task);
        else End(task);
        return true;
    }

    void End(TensorTask task)
    {
        task.End();
        _matrices.Release(task.MatrixBytes);
    }

    void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}

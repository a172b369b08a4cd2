using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>
/// Hands out chunks. Tensors begin in plan order, a bounded number is under way at once, and a tensor's
/// next reading becomes available when the last chunk of the one before is done.
/// </summary>
sealed class Scheduler
{
    readonly IReadOnlyList<PlannedTensor> _tensors;
    readonly TensorSweeps _sweeps;
    readonly IMergeSink _sink;
    readonly int _most;
    readonly object _gate = new();
    readonly List<TensorTask> _active = [];
    int _next;
    bool _stopped;

    /// <summary>A scheduler of all tensors of a plan.</summary>
    public Scheduler(IReadOnlyList<PlannedTensor> tensors, TensorSweeps sweeps, IMergeSink sink, int most)
    {
        (_tensors, _sweeps, _sink, _most) = (tensors, sweeps, sink, most);
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
                if (_next < _tensors.Count && _active.Count < _most && _sink.TryBegin(_next)) Begin();
                else if (_next == _tensors.Count && _active.Count == 0) break;
                else Monitor.Wait(_gate);
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
    public bool Finish(TensorTask task, ElementRange atHand, out long next)
    {
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
            var isOwn = goesOn && task.Sweep.Grid.Count == 1 && atHand.Covers(task.Sweep.InputRange(0))
                && task.TryTake(out next);
            Monitor.PulseAll(_gate);
            if (!goesOn) task.End();
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
        foreach (var task in _active) task.End();
        _active.Clear();
    }

    void Begin()
    {
        var task = new TensorTask(_next, _tensors[_next]);
        var missing = _sink.Missing(_next++);
        if (missing is { Count: 0 }) return;
        if (task.Begin(_sweeps.Of(task, missing))) _active.Add(task);
        else task.End();
    }

    void Wake()
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }
}

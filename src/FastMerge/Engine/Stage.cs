namespace FastMerge.Engine;

/// <summary>A bounded queue between two stages of the pipeline.</summary>
sealed class Stage<T>(int capacity)
{
    readonly Queue<T> _items = new();
    bool _closed;

    /// <summary>Adds an item, waiting for room; false if the stage is closed.</summary>
    public bool Add(T item)
    {
        lock (_items)
        {
            while (_items.Count >= capacity && !_closed) Monitor.Wait(_items);
            if (_closed) return false;
            _items.Enqueue(item);
            Monitor.PulseAll(_items);
            return true;
        }
    }

    /// <summary>Takes an item, waiting for one; false when the stage is closed and empty.</summary>
    public bool TryTake(out T item)
    {
        lock (_items)
        {
            while (_items.Count == 0 && !_closed) Monitor.Wait(_items);
            var taken = _items.TryDequeue(out item!);
            if (taken) Monitor.PulseAll(_items);
            return taken;
        }
    }

    /// <summary>Ends the stage: nothing can be added, what is there can still be taken.</summary>
    public void Close()
    {
        lock (_items)
        {
            _closed = true;
            Monitor.PulseAll(_items);
        }
    }
}

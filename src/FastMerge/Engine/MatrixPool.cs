using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>
/// The memory of matrices. A tensor reserves what it needs before it begins, so that taking it never waits; blocks are
/// used again, as the first touch of fresh memory costs more than the work on it.
/// </summary>
sealed class MatrixPool(long capacity) : IDisposable
{
    readonly object _gate = new();
    readonly List<NativeBlock> _blocks = [];
    readonly List<MatrixArena> _arenas = [];
    long _reserved;
    long _allocated;

    /// <summary>Bytes that are allocated, in use or idle.</summary>
    public long Allocated
    {
        get
        {
            lock (_gate) return _allocated;
        }
    }

    /// <summary>Reserves memory for a tensor; false if it has to wait. One that is alone gets what it needs.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_gate)
        {
            if (bytes > 0 && _reserved > 0 && _reserved + bytes > capacity) return false;
            _reserved += bytes;
            return true;
        }
    }

    /// <summary>Gives up what was reserved.</summary>
    public void Release(long bytes)
    {
        lock (_gate) _reserved -= bytes;
    }

    /// <summary>Takes a block; its content is undefined.</summary>
    public NativeBlock RentBlock(long bytes)
    {
        lock (_gate)
        {
            var index = _blocks.FindIndex(b => b.Bytes == bytes);
            if (index >= 0) return Take(_blocks, index);
            MakeRoom(bytes);
            return new(bytes);
        }
    }

    /// <summary>Takes an arena.</summary>
    public MatrixArena RentArena(long bytes, int threads)
    {
        lock (_gate)
        {
            var index = _arenas.FindIndex(a => a.Capacity == bytes && a.Threads == threads);
            if (index >= 0) return Take(_arenas, index);
            MakeRoom(bytes);
            return new(bytes, threads);
        }
    }

    /// <summary>Gives a block back.</summary>
    public void Return(NativeBlock block)
    {
        lock (_gate) _blocks.Add(block);
    }

    /// <summary>Gives an arena back.</summary>
    public void Return(MatrixArena arena)
    {
        lock (_gate) _arenas.Add(arena);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var block in _blocks) block.Dispose();
            foreach (var arena in _arenas) arena.Dispose();
            _blocks.Clear();
            _arenas.Clear();
        }
    }

    /// <summary>Frees what nobody uses until so many bytes are within the capacity.</summary>
    void MakeRoom(long bytes)
    {
        while (_allocated + bytes > capacity && _blocks.Count > 0)
        {
            _allocated -= _blocks[0].Bytes;
            Take(_blocks, 0).Dispose();
        }
        while (_allocated + bytes > capacity && _arenas.Count > 0)
        {
            _allocated -= _arenas[0].Capacity;
            Take(_arenas, 0).Dispose();
        }
        _allocated += bytes;
    }

    static T Take<T>(List<T> idle, int index)
    {
        var taken = idle[index];
        idle.RemoveAt(index);
        return taken;
    }
}

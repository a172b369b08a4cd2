using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>A fixed number of equal buffers; renting waits until one is free. Memory is allocated on first
/// use.</summary>
sealed class ChunkBuffers(int count, long bytes) : IDisposable
{
    readonly Stack<NativeBlock> _free = new();
    int _allocated;
    bool _closed;

    /// <summary>Size of a buffer.</summary>
    public long Bytes => bytes;

    /// <summary>Takes a buffer.</summary>
    /// <exception cref="OperationCanceledException">The buffers were closed.</exception>
    public NativeBlock Rent()
    {
        lock (_free)
        {
            while (true)
            {
                if (_closed) throw new OperationCanceledException();
                if (_free.TryPop(out var block)) return block;
                if (_allocated < count)
                {
                    var fresh = new NativeBlock(bytes);
                    _allocated++;
                    return fresh;
                }
                Monitor.Wait(_free);
            }
        }
    }

    /// <summary>Gives a buffer back.</summary>
    public void Return(NativeBlock block)
    {
        lock (_free)
        {
            _free.Push(block);
            Monitor.Pulse(_free);
        }
    }

    /// <summary>Wakes everyone who waits; renting fails from now on.</summary>
    public void Close()
    {
        lock (_free)
        {
            _closed = true;
            Monitor.PulseAll(_free);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _free) block.Dispose();
        _free.Clear();
    }
}

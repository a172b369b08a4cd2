using System.Threading.Channels;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;

namespace FastMerge.Engine.Sinks;

/// <summary>
/// Collects whole tensors in pooled memory and hands them to one consumer in plan order. What is
/// collected and what the consumer has not yet given back stay within a number of bytes.
/// </summary>
sealed class StreamSink : IMergeSink, IDisposable
{
    readonly IReadOnlyList<TensorSpec> _tensors;
    readonly long _capacity;
    readonly BlockPool _pool;
    readonly Channel<MergedTensor> _ready = Channel.CreateUnbounded<MergedTensor>();
    readonly Dictionary<int, TensorBuffer> _collecting = [];
    readonly SortedSet<int> _complete = [];
    Action _wake = () => { };
    long _used;
    int _next;
    bool _disposed;

    /// <summary>A sink for the tensors of a plan; half of the capacity may lie unused in the pool.</summary>
    public StreamSink(IReadOnlyList<TensorSpec> tensors, long capacity)
    {
        (_tensors, _capacity) = (tensors, capacity / 2);
        _pool = new(_capacity);
    }

    /// <summary>The capacity that the largest of some tensors needs.</summary>
    public static long LeastCapacity(IEnumerable<TensorSpec> tensors) =>
        2 * tensors.Select(t => TensorBuffer.PooledBytes(t.ByteCount)).DefaultIfEmpty(0).Max();

    /// <summary>The finished tensors.</summary>
    public ChannelReader<MergedTensor> Ready => _ready.Reader;

    /// <summary>Ends the stream, with a failure or without.</summary>
    public void Complete(Exception? failure) => _ready.Writer.TryComplete(failure);

    /// <inheritdoc/>
    public bool TryBegin(int tensor)
    {
        var bytes = TensorBuffer.PooledBytes(_tensors[tensor].ByteCount);
        lock (_collecting)
        {
            if (_used > 0 && _used + bytes > _capacity) return false;
            _used += bytes;
            _collecting[tensor] = new(_tensors[tensor].ByteCount, _pool);
            if (bytes == 0) Publish(tensor);
            return true;
        }
    }

    /// <inheritdoc/>
    public void OnRoom(Action wake) => _wake = wake;

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange>? Missing(int tensor) => null;

    /// <inheritdoc/>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes)
    {
        TensorBuffer buffer;
        lock (_collecting) buffer = _collecting[tensor];
        if (!buffer.Write(offset, data)) return;
        lock (_collecting) Publish(tensor);
    }

    void Publish(int tensor)
    {
        _complete.Add(tensor);
        for (; _complete.Remove(_next); _next++)
        {
            _collecting.Remove(_next, out var buffer);
            var (spec, content) = (_tensors[_next], buffer!.Content());
            _ready.Writer.TryWrite(
                new MergedTensor(spec, content, new Owner(this, buffer, TensorBuffer.PooledBytes(spec.ByteCount))));
        }
    }

    void Release(TensorBuffer buffer, long bytes)
    {
        lock (_collecting)
        {
            buffer.Return(_pool);
            _used -= bytes;
            if (_disposed) _pool.Dispose();
        }
        _wake();
    }

    /// <summary>Gives back what nobody took. Tensors that the consumer still holds stay valid.</summary>
    public void Dispose()
    {
        while (_ready.Reader.TryRead(out var tensor)) tensor.Dispose();
        lock (_collecting)
        {
            foreach (var buffer in _collecting.Values) buffer.Return(_pool);
            _collecting.Clear();
            _pool.Dispose();
            (_disposed, _wake) = (true, () => { });
        }
    }

    sealed class Owner(StreamSink sink, TensorBuffer buffer, long bytes) : IDisposable
    {
        int _released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0) sink.Release(buffer, bytes);
        }
    }
}

using System.Buffers;

namespace FastMerge.Engine.Sinks;

/// <summary>The bytes of a whole tensor in one or more pooled blocks.</summary>
sealed class TensorBuffer
{
    /// <summary>The largest block; larger tensors take several.</summary>
    public const int LargestBlock = 256 << 20;

    const int SmallestBlock = 4096;

    readonly NativeMemory[] _blocks;
    readonly long _length;
    long _missing;

    /// <summary>A buffer of a length, its blocks from a pool.</summary>
    public TensorBuffer(long length, BlockPool pool)
    {
        (_length, _missing) = (length, length);
        _blocks = [.. BlockSizes(length).Select(pool.Rent)];
    }

    /// <summary>Bytes that a tensor of this length takes of the pool.</summary>
    public static long PooledBytes(long length) => BlockSizes(length).Sum(size => (long)size);

    /// <summary>Copies a part in; true if it was the last one.</summary>
    public bool Write(long offset, ReadOnlySpan<byte> data)
    {
        var rest = data;
        for (var at = offset; !rest.IsEmpty;)
        {
            var (block, start) = ((int)(at / LargestBlock), (int)(at % LargestBlock));
            var count = Math.Min(rest.Length, _blocks[block].Bytes - start);
            rest[..count].CopyTo(_blocks[block].GetSpan()[start..]);
            rest = rest[count..];
            at += count;
        }
        return Interlocked.Add(ref _missing, -data.Length) == 0;
    }

    /// <summary>The content.</summary>
    public ReadOnlySequence<byte> Content()
    {
        if (_blocks.Length == 0) return ReadOnlySequence<byte>.Empty;
        if (_blocks.Length == 1) return new(_blocks[0].Memory[..(int)_length]);
        Segment first = new(_blocks[0].Memory, 0), last = first;
        for (var i = 1; i < _blocks.Length; i++)
            last = last.Append(_blocks[i].Memory[..(int)Math.Min(_blocks[i].Bytes, _length - (long)i * LargestBlock)]);
        return new(first, 0, last, last.Memory.Length);
    }

    /// <summary>Gives the blocks back.</summary>
    public void Return(BlockPool pool)
    {
        foreach (var block in _blocks) pool.Return(block);
    }

    static IEnumerable<int> BlockSizes(long length)
    {
        for (; length > LargestBlock; length -= LargestBlock) yield return LargestBlock;
        if (length > 0) yield return (int)Math.Max(
            SmallestBlock, System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)length));
    }

    sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}

/// <summary>Blocks of powers of two. Keeps at most a number of unused bytes.</summary>
sealed class BlockPool(long keep) : IDisposable
{
    readonly Dictionary<int, Stack<NativeMemory>> _free = [];
    long _unused;

    /// <summary>Takes a block.</summary>
    public NativeMemory Rent(int bytes)
    {
        lock (_free)
        {
            if (_free.TryGetValue(bytes, out var stack) && stack.TryPop(out var block))
            {
                _unused -= bytes;
                return block;
            }
        }
        return new(bytes);
    }

    /// <summary>Takes a block back.</summary>
    public void Return(NativeMemory block)
    {
        lock (_free)
        {
            if (_unused + block.Bytes <= keep)
            {
                if (!_free.TryGetValue(block.Bytes, out var stack)) _free[block.Bytes] = stack = new();
                stack.Push(block);
                _unused += block.Bytes;
                return;
            }
        }
        ((IDisposable)block).Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable block in _free.Values.SelectMany(s => s)) block.Dispose();
        _free.Clear();
    }
}

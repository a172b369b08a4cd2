using System.Buffers.Binary;
using FastMerge.Backends;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;

namespace FastMerge.Engine.Sinks;

/// <summary>Keeps the hashes of all blocks; the result is one hash of the whole output.</summary>
sealed class HashSink(IReadOnlyList<TensorSpec> tensors) : IMergeSink
{
    const int HashBytes = 16;

    readonly UInt128[][] _blocks =
        [.. tensors.Select(t => new UInt128[(t.ByteCount + NativeHash.BlockBytes - 1) / NativeHash.BlockBytes])];

    /// <summary>
    /// XXH3-128, in hex, over each tensor in plan order: the hash of its name, dtype and shape, then those of its
    /// blocks.
    /// </summary>
    public string Result()
    {
        using var stream = new MemoryStream();
        for (var i = 0; i < tensors.Count; i++)
        {
            var spec = tensors[i];
            Add(stream, NativeHash.Hash64($"{spec.Name}\0{spec.DType}\0{spec.ShapeText}"));
            foreach (var hash in _blocks[i]) Add(stream, hash);
        }
        return NativeHash.Hash128(stream.GetBuffer().AsSpan(0, (int)stream.Length)).ToString("x32");
    }

    /// <inheritdoc/>
    public bool TryBegin(int tensor) => true;

    /// <inheritdoc/>
    public void OnRoom(Action wake)
    {
    }

    /// <inheritdoc/>
    public IReadOnlyList<ByteRange>? Missing(int tensor) => null;

    /// <inheritdoc/>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes) =>
        blockHashes.CopyTo(_blocks[tensor].AsSpan((int)(offset / NativeHash.BlockBytes)));

    static void Add(MemoryStream stream, UInt128 hash)
    {
        Span<byte> bytes = stackalloc byte[HashBytes];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, hash);
        stream.Write(bytes);
    }
}

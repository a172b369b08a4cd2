using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>The elements of a tensor as they are stored.</summary>
sealed record EncodedTensor(KernelDType DType, byte[] Bytes)
{
    /// <summary>Number of elements.</summary>
    public int Length => Bytes.Length / ScalarCodec.Size(DType);

    /// <summary>The binary32 value of an element.</summary>
    public float this[int index] => ScalarCodec.Decode(DType, Bytes.AsSpan(index * ScalarCodec.Size(DType)));

    /// <summary>Values in a storage dtype.</summary>
    public static EncodedTensor Of(KernelDType dtype, params float[] values)
    {
        var size = ScalarCodec.Size(dtype);
        var bytes = new byte[values.Length * size];
        for (var i = 0; i < values.Length; i++) ScalarCodec.Encode(dtype, values[i], bytes.AsSpan(i * size));
        return new(dtype, bytes);
    }

    /// <summary>All values.</summary>
    public float[] ToArray() => [.. Enumerable.Range(0, Length).Select(i => this[i])];

    /// <summary>A part of the elements.</summary>
    public EncodedTensor Slice(int first, int count)
    {
        var size = ScalarCodec.Size(DType);
        return new(DType, Bytes.AsSpan(first * size, count * size).ToArray());
    }
}

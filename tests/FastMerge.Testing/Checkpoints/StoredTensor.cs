namespace FastMerge.Testing.Checkpoints;

/// <summary>A tensor as a file holds it: dtype spelled as in the header, little-endian bytes.</summary>
public sealed record StoredTensor(string Name, string DType, long[] Shape, byte[] Data)
{
    public long Count => Shape.Aggregate(1L, (product, d) => product * d);

    /// <summary>The bytes of an element.</summary>
    public ReadOnlySpan<byte> Bytes(int index) =>
        Data.AsSpan(index * StoredValues.Size(DType), StoredValues.Size(DType));

    /// <summary>A tensor of the given dtype, each value rounded to nearest even.</summary>
    public static StoredTensor Of(string name, string dtype, long[] shape, ReadOnlySpan<float> values)
    {
        var data = new byte[values.Length * StoredValues.Size(dtype)];
        StoredValues.Encode(dtype, values, data);
        return new(name, dtype, shape, data);
    }

    /// <summary>The values as float; exact for every 8-, 16- and 32-bit floating-point dtype.</summary>
    public float[] ToFloats()
    {
        var values = new float[Data.Length / StoredValues.Size(DType)];
        for (var i = 0; i < values.Length; i++) values[i] = (float)StoredValues.Decode(DType, Data, i);
        return values;
    }

    /// <summary>Every <paramref name="stride"/>-th element in storage order, as a flat tensor.</summary>
    public StoredTensor Sample(int stride)
    {
        var size = StoredValues.Size(DType);
        var count = (Data.Length / size + stride - 1) / stride;
        var data = new byte[count * size];
        for (var i = 0; i < count; i++)
            Data.AsSpan(i * stride * size, size).CopyTo(data.AsSpan(i * size));
        return this with { Shape = [count], Data = data };
    }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace FastMerge.Testing.Checkpoints;

/// <summary>Element types for tests: written from the format's definition, sharing nothing with the product.</summary>
public static class StoredValues
{
    /// <summary>Bytes of an element.</summary>
    public static int Size(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" or "C64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "U8" or "I8" or "BOOL" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        _ => throw new ArgumentException($"no test support for dtype {dtype}"),
    };

    public static bool IsFloat(string dtype) => dtype is "F64" or "F32" or "F16" or "BF16" or "F8_E4M3" or "F8_E5M2";

    /// <summary>Element <paramref name="index"/> as double.</summary>
    public static double Decode(string dtype, ReadOnlySpan<byte> data, int index)
    {
        var at = data[(index * Size(dtype))..];
        return dtype switch
        {
            "F64" => BinaryPrimitives.ReadDoubleLittleEndian(at),
            "F32" => BinaryPrimitives.ReadSingleLittleEndian(at),
            "F16" => (double)BinaryPrimitives.ReadHalfLittleEndian(at),
            "BF16" => BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(at) << 16),
            "F8_E5M2" => (double)BitConverter.UInt16BitsToHalf((ushort)(at[0] << 8)),
            "F8_E4M3" => DecodeE4M3(at[0]),
            "I64" => BinaryPrimitives.ReadInt64LittleEndian(at),
            "U64" => BinaryPrimitives.ReadUInt64LittleEndian(at),
            "I32" => BinaryPrimitives.ReadInt32LittleEndian(at),
            "U32" => BinaryPrimitives.ReadUInt32LittleEndian(at),
            "I16" => BinaryPrimitives.ReadInt16LittleEndian(at),
            "U16" => BinaryPrimitives.ReadUInt16LittleEndian(at),
            "I8" => (sbyte)at[0],
            _ => at[0],
        };
    }

    /// <summary>Rounds to nearest even; F32, F16 and BF16 only.</summary>
    public static void Encode(string dtype, ReadOnlySpan<float> values, Span<byte> data)
    {
        switch (dtype)
        {
            case "F32":
                MemoryMarshal.AsBytes(values).CopyTo(data);
                break;
            case "F16":
                var halves = MemoryMarshal.Cast<byte, Half>(data);
                for (var i = 0; i < values.Length; i++) halves[i] = (Half)values[i];
                break;
            case "BF16":
                var words = MemoryMarshal.Cast<byte, ushort>(data);
                for (var i = 0; i < values.Length; i++) words[i] = ToBFloat16(values[i]);
                break;
            default:
                throw new ArgumentException($"no test support for writing dtype {dtype}");
        }
    }

    public static ushort ToBFloat16(float value)
    {
        if (float.IsNaN(value)) return 0x7fc0;
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Integers whose difference counts units in the last place; +0 and -0 are the same.</summary>
    public static long OrderedBits(string dtype, ReadOnlySpan<byte> data, int index)
    {
        var at = data[(index * Size(dtype))..];
        return dtype switch
        {
            "F32" => Ordered(BinaryPrimitives.ReadUInt32LittleEndian(at), 0x80000000),
            "F16" or "BF16" => Ordered(BinaryPrimitives.ReadUInt16LittleEndian(at), 0x8000),
            _ => throw new ArgumentException($"units in the last place are not defined here for dtype {dtype}"),
        };
    }

    static long Ordered(uint bits, uint sign) => (bits & sign) != 0 ? -(long)(bits & (sign - 1)) : bits;

    static double DecodeE4M3(byte bits)
    {
        var sign = (bits & 0x80) != 0 ? -1.0 : 1.0;
        var exponent = (bits >> 3) & 15;
        var fraction = bits & 7;
        if (exponent == 15 && fraction == 7) return double.NaN;
        return exponent == 0
            ? sign * fraction * Math.ScaleB(1, -9)
            : sign * (1 + fraction / 8.0) * Math.ScaleB(1, exponent - 7);
    }
}

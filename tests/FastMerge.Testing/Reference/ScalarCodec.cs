using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>
/// Decodes and encodes one element at a time, by the definition of the formats: significand times a power of two,
/// rounded to nearest, ties to even. Every NaN is written as one canonical NaN.
/// </summary>
static class ScalarCodec
{
    /// <summary>The one NaN of binary32.</summary>
    public const uint NaN32 = 0x7fc00000;

    const ulong NaN64 = 0x7ff8000000000000;

    /// <summary>A floating-point format: field widths, largest finite code, what lies beyond it, and NaN.</summary>
    readonly record struct Format(int ExponentBits, int MantissaBits, uint Largest, uint Overflow, uint NaN)
    {
        public int Bias => (1 << (ExponentBits - 1)) - 1;

        /// <summary>The power of two of the smallest subnormal number.</summary>
        public int Quantum => 1 - Bias - MantissaBits;

        public int SignShift => ExponentBits + MantissaBits;
    }

    static readonly Format Binary32 = new(8, 23, 0x7f7fffff, 0x7f800000, NaN32);
    static readonly Format Binary16 = new(5, 10, 0x7bff, 0x7c00, 0x7e00);
    static readonly Format Brain16 = new(8, 7, 0x7f7f, 0x7f80, 0x7fc0);
    static readonly Format Float8E4M3 = new(4, 3, 0x7e, 0x7f, 0x7f);
    static readonly Format Float8E5M2 = new(5, 2, 0x7b, 0x7c, 0x7e);

    /// <summary>Bytes of an element.</summary>
    public static int Size(KernelDType dtype) => dtype switch
    {
        KernelDType.F64 => 8,
        KernelDType.F32 => 4,
        KernelDType.F16 or KernelDType.BF16 => 2,
        _ => 1,
    };

    /// <summary>The binary32 value of a stored element.</summary>
    public static float Decode(KernelDType dtype, ReadOnlySpan<byte> element) => dtype switch
    {
        KernelDType.F32 => BitConverter.ToSingle(element),
        KernelDType.F64 => Narrow(BitConverter.ToUInt64(element)),
        KernelDType.F16 => Expand(Binary16, BitConverter.ToUInt16(element)),
        KernelDType.BF16 => Expand(Brain16, BitConverter.ToUInt16(element)),
        KernelDType.F8E4M3 => Expand(Float8E4M3, element[0]),
        _ => Expand(Float8E5M2, element[0]),
    };

    /// <summary>Stores a binary32 value.</summary>
    public static void Encode(KernelDType dtype, float value, Span<byte> element)
    {
        _ = dtype switch
        {
            KernelDType.F32 => BitConverter.TryWriteBytes(element, Compress(Binary32, value)),
            KernelDType.F64 => BitConverter.TryWriteBytes(element, Widen(value)),
            KernelDType.F16 => BitConverter.TryWriteBytes(element, (ushort)Compress(Binary16, value)),
            KernelDType.BF16 => BitConverter.TryWriteBytes(element, (ushort)Compress(Brain16, value)),
            _ => true,
        };
        if (dtype == KernelDType.F8E4M3) element[0] = (byte)Compress(Float8E4M3, value);
        if (dtype == KernelDType.F8E5M2) element[0] = (byte)Compress(Float8E5M2, value);
    }

    /// <summary>A value after encoding and decoding.</summary>
    public static float Round(KernelDType dtype, float value)
    {
        Span<byte> element = stackalloc byte[8];
        Encode(dtype, value, element);
        return Decode(dtype, element);
    }

    static float Expand(Format format, uint code)
    {
        var sign = code >> format.SignShift;
        var magnitude = code & ((1u << format.SignShift) - 1);
        if (magnitude > format.Largest)
            return magnitude == format.Overflow && format.Overflow != format.NaN
                ? (sign == 0 ? float.PositiveInfinity : float.NegativeInfinity)
                : BitConverter.UInt32BitsToSingle(NaN32);
        var exponent = (int)(magnitude >> format.MantissaBits);
        var mantissa = magnitude & ((1u << format.MantissaBits) - 1);
        var significand = exponent == 0 ? mantissa : mantissa + (1u << format.MantissaBits);
        var value = (float)Math.ScaleB((double)significand, format.Quantum + Math.Max(exponent, 1) - 1);
        return sign == 0 ? value : -value;
    }

    static uint Compress(Format format, float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        var (sign, magnitude) = (bits >> 31, bits & 0x7fffffff);
        if (magnitude > 0x7f800000) return format.NaN;
        if (magnitude == 0x7f800000) return Overflow(format, sign);
        var exponent = (int)(magnitude >> 23);
        ulong significand = exponent == 0 ? magnitude : (magnitude & 0x7fffff) | 0x800000;
        return RoundTo(format, sign, significand, Math.Max(exponent, 1) - 150);
    }

    static float Narrow(ulong bits)
    {
        var (sign, magnitude) = ((uint)(bits >> 63), bits & 0x7fffffffffffffff);
        if (magnitude > 0x7ff0000000000000) return BitConverter.UInt32BitsToSingle(NaN32);
        if (magnitude == 0x7ff0000000000000) return BitConverter.UInt32BitsToSingle(Overflow(Binary32, sign));
        var exponent = (int)(magnitude >> 52);
        var significand = (magnitude & 0xfffffffffffff) | (exponent == 0 ? 0 : 0x10000000000000ul);
        return BitConverter.UInt32BitsToSingle(
            RoundTo(Binary32, sign, significand, Math.Max(exponent, 1) - 1075));
    }

    static ulong Widen(float value) =>
        float.IsNaN(value) ? NaN64 : BitConverter.DoubleToUInt64Bits((double)value);

    static uint Overflow(Format format, uint sign) =>
        format.Overflow == format.NaN ? format.NaN : format.Overflow | (sign << format.SignShift);

    /// <summary>The code nearest to significand * 2^exponent.</summary>
    static uint RoundTo(Format format, uint sign, ulong significand, int exponent)
    {
        if (significand == 0) return sign << format.SignShift;
        var leading = 63 - System.Numerics.BitOperations.LeadingZeroCount(significand) + exponent;
        var quantum = Math.Max(format.Quantum, leading - format.MantissaBits);
        var units = Shift(significand, quantum - exponent);
        var code = units + ((ulong)(quantum - format.Quantum) << format.MantissaBits);
        return code > format.Largest ? Overflow(format, sign) : (uint)code | (sign << format.SignShift);
    }

    /// <summary>value / 2^places, to the nearest integer, ties to even.</summary>
    static ulong Shift(ulong value, int places)
    {
        if (places <= 0) return value << -places;
        if (places > 60) return 0;
        var (whole, rest, half) = (value >> places, value & ((1ul << places) - 1), 1ul << (places - 1));
        return rest > half || (rest == half && (whole & 1) == 1) ? whole + 1 : whole;
    }
}

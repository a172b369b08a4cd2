namespace FastMerge.Core;

/// <summary>
/// Element types of the safetensors format, in the writer order of the format (ascending
/// alignment). Names are spelled as in a safetensors header.
/// </summary>
public enum DType
{
#pragma warning disable CS1591, CA1707 // the names are the format's own
    BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ,
    I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64,
#pragma warning restore CS1591, CA1707
}

/// <summary>Sizes and classes of <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>Bits per element.</summary>
    public static int Bits(this DType dtype) => dtype switch
    {
        DType.F4 => 4,
        DType.F6_E2M3 or DType.F6_E3M2 => 6,
        DType.BOOL or DType.U8 or DType.I8 or DType.F8_E5M2 or DType.F8_E4M3 or DType.F8_E8M0
            or DType.F8_E4M3FNUZ or DType.F8_E5M2FNUZ => 8,
        DType.I16 or DType.U16 or DType.F16 or DType.BF16 => 16,
        DType.I32 or DType.U32 or DType.F32 => 32,
        _ => 64,
    };

    /// <summary>Whether the kernels decode and encode this type (F32 F16 BF16 F64 F8_E4M3 F8_E5M2).</summary>
    public static bool IsComputable(this DType dtype) => dtype is DType.F32 or DType.F16
        or DType.BF16 or DType.F64 or DType.F8_E4M3 or DType.F8_E5M2;

    /// <summary>Whether this is a floating-point type of any kind.</summary>
    public static bool IsFloat(this DType dtype) => dtype is not (DType.BOOL or DType.U8 or DType.I8
        or DType.I16 or DType.U16 or DType.I32 or DType.U32 or DType.I64 or DType.U64 or DType.C64);

    /// <summary>Parses the spelling of a safetensors header; case matters there.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DType dtype)
    {
        dtype = default;
        return text.Length > 0 && char.IsAsciiLetterUpper(text[0]) && !text.ContainsAny(", ")
            && char.IsAsciiLetterOrDigit(text[^1]) && Enum.TryParse(text, ignoreCase: false, out dtype)
                && Enum.IsDefined(dtype);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>A tensor's place in the byte buffer that follows a header; <c>End</c> is exclusive.</summary>
sealed record TensorRange(TensorSpec Spec, long Begin, long End);

/// <summary>
/// The header of one safetensors file, completely validated: names, dtypes, shapes, byte counts, ranges that cover
/// the byte buffer exactly once, and a file length that agrees.
/// </summary>
sealed class SafetensorsHeader
{
    /// <summary>The longest header that the format allows.</summary>
    public const int MaxHeaderBytes = 100_000_000;

    /// <summary>Bytes before the header text: its length.</summary>
    public const int PrefixBytes = 8;

    /// <summary>Tensors in the order of their data.</summary>
    public required IReadOnlyList<TensorRange> Tensors { get; init; }

    /// <summary>The strings under <c>__metadata__</c>.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Where the byte buffer starts in the file.</summary>
    public required long DataOffset { get; init; }

    /// <summary>Bytes of the byte buffer.</summary>
    public long DataBytes => Tensors.Count == 0 ? 0 : Tensors[^1].End;

    /// <summary>SHA-256 of length and header text, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Reads and validates the header of an open file; <paramref name="name"/> is for messages.</summary>
    public static SafetensorsHeader Read(IStorageFile file, string name)
    {
        var length = file.Stat().Length;
        Span<byte> prefix = stackalloc byte[64];
        prefix = prefix[..(int)Math.Min(prefix.Length, length)];
        file.Read(0, prefix);
        if (length < PrefixBytes)
            throw Bad(name, $"it has {length} bytes, too few for a safetensors header of at least 10");
        var declared = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (declared > MaxHeaderBytes || declared > (ulong)(length - PrefixBytes))
        {
            if (ForeignFormat.Recognize(prefix) is { } foreign) throw Bad(name, foreign);
            throw Bad(name, declared > MaxHeaderBytes
                ? $"it declares a header of {declared} bytes; safetensors allows at most {MaxHeaderBytes}"
                : $"it declares a header of {declared} bytes but has only {length - PrefixBytes} after the length");
        }
        var bytes = GC.AllocateUninitializedArray<byte>(PrefixBytes + (int)declared);
        file.Read(0, bytes);
        return Parse(bytes, length, name);
    }

    /// <summary>Validates the length and text of a header against the length of its file.</summary>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> bytes, long fileLength, string name)
    {
        var parser = new SafetensorsHeaderParser(bytes[PrefixBytes..], name);
        parser.Parse();
        var tensors = parser.Tensors;
        HeaderRanges.Check(tensors, bytes.Length, fileLength, name);
        HeaderRanges.WarnOfAlignment(tensors, parser.Warnings, name);
        return new SafetensorsHeader
        {
            Tensors = tensors,
            Metadata = parser.Metadata,
            DataOffset = bytes.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Warnings = parser.Warnings,
        };
    }

    /// <summary>The failure of a file that is not a valid checkpoint.</summary>
    internal static FastMergeException Bad(string file, string problem) =>
        new(FailureKind.Input, $"{DisplayText.Escape(file)}: {problem}");

    /// <summary>A tensor's name for a message: escaped, quoted, cut when very long.</summary>
    internal static string Quote(string name) =>
        $"'{DisplayText.Escape(name.Length <= 200 ? name : name[..200] + "...")}'";
}

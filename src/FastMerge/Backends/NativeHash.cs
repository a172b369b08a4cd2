using System.Buffers.Binary;
using System.Text;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>XXH3 of the native library.</summary>
static unsafe class NativeHash
{
    /// <summary>Bytes of the blocks whose hashes make up a tensor's hash.</summary>
    public const int BlockBytes = 65536;

    const int HashBytes = 16;

    /// <summary>XXH3-64 of a text's UTF-8 bytes.</summary>
    public static ulong Hash64(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* data = bytes) return NativeMethods.Hash64(data, bytes.Length);
    }

    /// <summary>XXH3-128.</summary>
    public static UInt128 Hash128(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[HashBytes];
        fixed (byte* data = content)
        fixed (byte* result = hash)
            NativeMethods.Hash128(data, content.Length, result);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>XXH3-128 of each block; the last may be short.</summary>
    public static void HashBlocks(ReadOnlySpan<byte> content, Span<UInt128> hashes)
    {
        var count = (content.Length + BlockBytes - 1) / BlockBytes;
        ArgumentOutOfRangeException.ThrowIfNotEqual(hashes.Length, count);
        fixed (byte* data = content)
        fixed (UInt128* result = hashes)
            NativeMethods.HashBlocks(data, content.Length, (byte*)result);
        // The native form is big-endian, whatever the machine.
        if (BitConverter.IsLittleEndian) BinaryPrimitives.ReverseEndianness(hashes, hashes);
    }
}

using System.Text;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>XXH3 of the native library.</summary>
static unsafe class NativeHash
{
    /// <summary>Bytes of the blocks whose hashes make up a tensor's hash.</summary>
    public const int BlockBytes = 65536;

    /// <summary>XXH3-64 of a text's UTF-8 bytes.</summary>
    public static ulong Hash64(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* data = bytes) return NativeMethods.Hash64(data, bytes.Length);
    }
}

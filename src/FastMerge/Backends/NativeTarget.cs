using System.Text;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The instruction sets of the native library.</summary>
static unsafe class NativeTarget
{
    const int Capacity = 256;

    delegate int TextCall(byte* text, int capacity, out int needed, NativeError* error);

    /// <summary>The instruction set in use; FASTMERGE_TARGET in the environment forces one.</summary>
    public static string Current => Read(NativeMethods.TargetName);

    /// <summary>What this machine can run, best first.</summary>
    public static IReadOnlyList<string> Available => Read(NativeMethods.TargetList).Split(' ');

    static string Read(TextCall call)
    {
        NativeError error;
        var text = stackalloc byte[Capacity];
        NativeFailure.ThrowIfFailed(call(text, Capacity, out var needed, &error), error, "instruction set");
        return Encoding.UTF8.GetString(text, Math.Min(needed, Capacity) - 1);
    }
}

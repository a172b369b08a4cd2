using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>Turns a native status into a failure.</summary>
static class NativeFailure
{
    /// <summary>Throws if a native call failed; <paramref name="what"/> names the tensor or file.</summary>
    public static void ThrowIfFailed(int status, in NativeError error, string what)
    {
        if (status == (int)NativeStatus.Ok) return;
        var kind = (NativeStatus)status switch
        {
            NativeStatus.InputShrank or NativeStatus.InputChanged => FailureKind.InputChanged,
            NativeStatus.InputIo => FailureKind.Io,
            NativeStatus.OutOfMemory => FailureKind.Resources,
            NativeStatus.Unsupported => FailureKind.Usage,
            NativeStatus.DeviceLost => FailureKind.DeviceLost,
            _ => FailureKind.Bug,
        };
        throw new FastMergeException(kind, $"{what}: {error.Message}");
    }
}

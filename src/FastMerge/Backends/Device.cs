using System.Runtime.InteropServices;
using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>Kinds of devices; the values are the C ABI's.</summary>
enum DeviceKind { OpenCl = 1, Cuda = 2 }

/// <summary>What a device is.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Driver">The version of its driver.</param>
/// <param name="IsGpu">Whether it is a GPU, not a processor that runs kernels too.</param>
/// <param name="HasDouble">Whether it has binary64.</param>
/// <param name="Units">Compute units.</param>
/// <param name="MemoryBytes">Its memory.</param>
/// <param name="Refusal">Why its bits would not be those of the CPU; null if they are.</param>
sealed record DeviceDescription(
    DeviceKind Kind, int Index, string Name, string Driver, bool IsGpu, bool HasDouble, int Units, long MemoryBytes,
    string? Refusal)
{
    /// <summary>The word of <c>--backend</c>.</summary>
    public string Backend => Device.WordOf(Kind);
}

/// <summary>A device that computes Map passes with the bits of the CPU.</summary>
sealed unsafe class Device : IDisposable
{
    const int F64 = (int)KernelDType.F64;

    readonly DeviceHandle _handle;

    Device(DeviceHandle handle, DeviceDescription description) => (_handle, Description) = (handle, description);

    /// <summary>What it is.</summary>
    public DeviceDescription Description { get; }

    /// <summary>The word of <c>--backend</c> for a kind.</summary>
    public static string WordOf(DeviceKind kind) => kind == DeviceKind.Cuda ? "cuda" : "opencl";

    /// <summary>All devices of a kind, those that cannot be used with the reason.</summary>
    /// <exception cref="FastMergeException">Usage: their library is not there.</exception>
    public static IReadOnlyList<DeviceDescription> List(DeviceKind kind)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeDevices.Count((int)kind, out var count, &error), error, WordOf(kind));
        return [.. Enumerable.Range(0, count).Select(i => Describe(kind, i))];
    }

    /// <summary>What a device is; fails with the reason if it cannot be used.</summary>
    /// <exception cref="FastMergeException">Usage: there is none of this number, or its bits would differ.</exception>
    public static DeviceDescription Require(DeviceKind kind, int index)
    {
        var (devices, word) = (List(kind), WordOf(kind));
        if (devices.Count == 0)
            throw new FastMergeException(FailureKind.Usage, $"{word}: the library lists no device");
        if (index < 0 || index >= devices.Count)
            throw new FastMergeException(
                FailureKind.Usage, $"{word} has no device {index}; accepted: 0 to {devices.Count - 1}");
        if (devices[index].Refusal is { } why)
            throw new FastMergeException(
                FailureKind.Usage, $"{word} device {index}, {devices[index].Name}, cannot be used: {why}");
        return devices[index];
    }

    /// <summary>Opens a device.</summary>
    /// <exception cref="FastMergeException">Usage: it cannot be used.</exception>
    public static Device Open(DeviceDescription description)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeDevices.Open((int)description.Kind, description.Index, out var handle, &error), error,
            $"{description.Backend} device {description.Index}");
        return new(DeviceHandle.Own(handle), description);
    }

    /// <summary>Whether a run's buffers are of dtypes that the device has.</summary>
    public bool CanRun(NativeRun* run, ElementProgram program)
    {
        if (Description.HasDouble) return true;
        for (var k = 0; k < run->Models; k++)
            if (run->ModelInputs[k].DType == F64) return false;
        return !(program.ReadsBase && run->SingleInputs->DType == F64) && run->Outputs->DType != F64;
    }

    /// <summary>Runs a Map pass over a chunk.</summary>
    public void Map(ProgramHandle program, NativeRun* run, string what)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeDevices.MapRun(_handle, program, run, &error), error, what);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    static DeviceDescription Describe(DeviceKind kind, int index)
    {
        var info = new NativeDeviceInfo { StructSize = sizeof(NativeDeviceInfo) };
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeDevices.Describe((int)kind, index, &info, &error), error, $"{WordOf(kind)} device {index}");
        static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
        var refusal = Text(info.Refusal);
        return new(kind, index, Text(info.Name), Text(info.Driver), info.IsGpu != 0, info.HasDouble != 0,
            info.Units, info.Memory, refusal.Length == 0 ? null : refusal);
    }
}

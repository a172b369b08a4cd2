using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FastMerge.Interop;

/// <summary>fm_device_info.</summary>
[StructLayout(LayoutKind.Sequential)]
unsafe struct NativeDeviceInfo
{
    public int StructSize;
    public int IsGpu;
    public int HasDouble;
    public int Units;
    public long Memory;
    public long LargestBuffer;
    public fixed byte Name[128];
    public fixed byte Driver[128];
    public fixed byte Refusal[192];
}

/// <summary>Owns an fm_device.</summary>
sealed class DeviceHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <summary>Takes ownership of a native device.</summary>
    public static DeviceHandle Own(nint handle)
    {
        var owner = new DeviceHandle();
        owner.SetHandle(handle);
        return owner;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeDevices.Close(handle);
        return true;
    }
}

/// <summary>The chapter of the C ABI on devices.</summary>
static unsafe partial class NativeDevices
{
    const string Library = NativeLibraryPath.Name;

    [LibraryImport(Library, EntryPoint = "fm_device_count")]
    public static partial int Count(int kind, out int count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_device_describe")]
    public static partial int Describe(int kind, int index, NativeDeviceInfo* info, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_device_open")]
    public static partial int Open(int kind, int index, out nint device, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_device_close")]
    public static partial void Close(nint device);

    [LibraryImport(Library, EntryPoint = "fm_device_map_run")]
    public static partial int MapRun(DeviceHandle device, ProgramHandle program, NativeRun* run, NativeError* error);
}

using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge;

/// <summary>What can compute a merge on this machine.</summary>
public static class BackendCatalog
{
    /// <summary>All backends, the ones that cannot be used with the reason.</summary>
    public static IReadOnlyList<BackendInfo> List() =>
        [Cpu(), .. Devices(DeviceKind.Cuda), .. Devices(DeviceKind.OpenCl)];

    static IEnumerable<BackendInfo> Devices(DeviceKind kind)
    {
        var word = Device.WordOf(kind);
        try
        {
            var devices = Device.List(kind);
            return devices.Count == 0 ? [BackendInfo.Missing(word, "its library lists no device")]
                : devices.Select(d => new BackendInfo(
                    word, d.Refusal is null, $"{d.Index}: {d.Name}", [], d.Units,
                    d.Refusal is null ? null : $"{d.Index}: {d.Name}: {d.Refusal}"));
        }
        catch (FastMergeException e)
        {
            return [BackendInfo.Missing(word, e.Message)];
        }
    }

    static string Matrices()
    {
        try
        {
            var library = MatrixLibrary.Describe();
            return library.Text + (library.IsForced ? ", forced by FASTMERGE_BLAS_CORETYPE" : "")
                + (library.Ignored.Length > 0 ? $"; not heeded: {library.Ignored}" : "");
        }
        catch (FastMergeException e)
        {
            return "none: " + e.Message;
        }
    }

    static BackendInfo Cpu()
    {
        try
        {
            return new("cpu", true, NativeTarget.Current, NativeTarget.Available, Environment.ProcessorCount, null)
            { Matrices = Matrices() };
        }
        catch (Exception e) when (e is FastMergeException or DllNotFoundException)
        {
            return BackendInfo.Missing("cpu", e.Message);
        }
    }
}

/// <summary>A backend.</summary>
/// <param name="Name">As <c>--backend</c> takes it.</param>
/// <param name="Available">Whether it can be used here.</param>
/// <param name="Device">The device, or the instruction set in use; null if it cannot be used.</param>
/// <param name="Targets">Instruction sets the device can run, best first.</param>
/// <param name="Threads">Threads that compute unless told otherwise.</param>
/// <param name="Reason">Why it cannot be used; null if it can.</param>
public sealed record BackendInfo(
    string Name, bool Available, string? Device, IReadOnlyList<string> Targets, int Threads, string? Reason)
{
    /// <summary>The library that matrices are computed with, its processor type and what forces it; or why there is
    /// none.</summary>
    public string? Matrices { get; init; }

    internal static BackendInfo Missing(string name, string reason) => new(name, false, null, [], 0, reason);
}

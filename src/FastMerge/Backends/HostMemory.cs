using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The memory that buffers come from.</summary>
static class HostMemory
{
    /// <summary>Bytes that the machine, or the container, has left.</summary>
    public static long FreeBytes => FreeMemory.Bytes();
}

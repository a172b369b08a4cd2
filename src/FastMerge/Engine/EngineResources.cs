using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>What the readings of one run share.</summary>
sealed class EngineResources : IDisposable
{
    readonly Device? _device;

    /// <summary>Memory for matrices, and a device that is opened if one is named.</summary>
    public EngineResources(long matrixBytes, DeviceDescription? device)
    {
        _device = device is null ? null : Device.Open(device);
        (Programs, Matrices) = (new(_device), new(matrixBytes));
    }

    /// <summary>Compiled programs.</summary>
    public ProgramCache Programs { get; }

    /// <summary>The memory of matrices.</summary>
    public MatrixPool Matrices { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Programs.Dispose();
        Matrices.Dispose();
        _device?.Dispose();
    }
}

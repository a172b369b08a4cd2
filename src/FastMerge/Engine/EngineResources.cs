using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>What the readings of one run share.</summary>
sealed class EngineResources(long matrixBytes, DeviceDescription? device) : IDisposable
{
    readonly Device? _device = device is null ? null : Device.Open(device);
    ProgramCache? _programs;

    /// <summary>Compiled programs.</summary>
    public ProgramCache Programs => _programs ??= new(_device);

    /// <summary>The memory of matrices.</summary>
    public MatrixPool Matrices { get; } = new(matrixBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        _programs?.Dispose();
        Matrices.Dispose();
        _device?.Dispose();
    }
}

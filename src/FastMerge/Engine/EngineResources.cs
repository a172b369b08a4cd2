namespace FastMerge.Engine;

/// <summary>What the readings of one run share.</summary>
sealed class EngineResources(long matrixBytes) : IDisposable
{
    /// <summary>Compiled programs.</summary>
    public ProgramCache Programs { get; } = new();

    /// <summary>The memory of matrices.</summary>
    public MatrixPool Matrices { get; } = new(matrixBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Programs.Dispose();
        Matrices.Dispose();
    }
}

using System.Buffers;
using FastMerge.Core;

namespace FastMerge;

/// <summary>
/// A merged tensor in pooled memory. The consumer owns it: disposing gives the memory back and lets the
/// merge go on.
/// </summary>
public sealed class MergedTensor : IDisposable
{
    readonly IDisposable _owner;

    internal MergedTensor(TensorSpec spec, ReadOnlySequence<byte> data, IDisposable owner) =>
        (Spec, Data, _owner) = (spec, data, owner);

    /// <summary>Name, dtype and shape.</summary>
    public TensorSpec Spec { get; }

    /// <summary>The elements, little-endian, row-major. Not to be read after <see cref="Dispose"/>.</summary>
    public ReadOnlySequence<byte> Data { get; }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();
}

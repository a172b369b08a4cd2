using System.Collections.Immutable;

namespace FastMerge.Core;

/// <summary>A tensor's name, element type and shape; what a header says of it.</summary>
public sealed record TensorSpec(string Name, DType DType, ImmutableArray<long> Shape)
{
    /// <summary>Number of elements; 1 for a scalar shape.</summary>
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, d) => checked(product * d));

    /// <summary>Bytes of the tensor's data.</summary>
    public long ByteCount => checked((long)((Int128)ElementCount * DType.Bits() / 8));

    /// <summary>The shape as <c>[4096, 4096]</c>.</summary>
    public string ShapeText => $"[{string.Join(", ", Shape)}]";
}

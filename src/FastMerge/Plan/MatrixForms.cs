using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Says which matrices a tensor is made of.</summary>
static class MatrixForms
{
    /// <summary>The matrices of a shape; a tensor without elements has none.</summary>
    public static MatrixForm Of(long[] shape, TensorRole role)
    {
        if (shape.Length <= 1 || shape.Contains(0)) return default;
        var columns = shape.Skip(1).Aggregate(1L, (product, length) => product * length);
        return shape.Length switch
        {
            2 => new(role is TensorRole.Embedding or TensorRole.Head ? MatrixKind.Embedding : MatrixKind.Linear,
                shape[0], shape[1], 1),
            3 when role == TensorRole.Expert => new(MatrixKind.Stack, shape[1], shape[2], shape[0]),
            _ => new(MatrixKind.Convolution, shape[0], columns, 1),
        };
    }
}

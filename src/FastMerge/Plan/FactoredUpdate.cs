using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Plan;

/// <summary>
/// What a merge adds to its base as U diag(s) V^T, where its program has it as a product of few columns: of
/// y = b + f L R, with Q_L R_L = L and Q_R R_R = R^T, the singular value decomposition of f R_L R_R^T gives all of it,
/// and neither b is read nor L R formed. Binary32, singular values from binary64.
/// </summary>
sealed class FactoredUpdate
{
    FactoredUpdate(PlannedTensor tensor, Numbers factor, Matrix left, Matrix right, MatrixForm form)
    {
        Tensor = tensor;
        var (leftBasis, a) = MatrixOps.Qr(left);
        var (rightBasis, b) = MatrixOps.Qr(right);
        var core = MatrixOps.Leading(factor * MatrixOps.Multiply(a, b, transposeB: true), left.Columns);
        (Left, Right, Values) = (leftBasis * core.Left, rightBasis * core.Right, core.Values);
        Program = new([Left, Right], form.Rows * form.Columns);
    }

    /// <summary>The merged tensor.</summary>
    public PlannedTensor Tensor { get; }

    /// <summary>What makes the vectors.</summary>
    public MatrixProgram Program { get; }

    /// <summary>U, one vector a column.</summary>
    public Matrix Left { get; }

    /// <summary>V, one vector a column.</summary>
    public Matrix Right { get; }

    /// <summary>s, largest first.</summary>
    public Numbers Values { get; }

    /// <summary>The update of a merged tensor; null if there is none of few columns that is made of factors.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="base">What the update is to be added to.</param>
    /// <param name="form">Its matrices.</param>
    public static FactoredUpdate? Of(PlannedTensor tensor, TensorSource @base, MatrixForm form)
    {
        if (tensor.Work?.Passes is not { Matrices: { } program, Output: var output } || program.Loads.Any()
            || !program.Factors.Any() || !IsSame(tensor.Base, @base)
            || output is not { Kind: OpKind.Add, Operands: [{ Kind: OpKind.Base }, var added] })
            return null;
        Numbers factor = 1;
        if (added is { Kind: OpKind.Multiply, Operands: [var scaled], Scalars: [var scalar] })
            (added, factor) = (scaled, scalar);
        if (added.Matrix?.Maker is not MultiplyStep { TransposeA: false, Inputs: [var left, var right] } product
            || left.Columns > Math.Min(form.Rows, form.Columns))
            return null;
        return new(tensor, factor, left, product.TransposeB ? right : MatrixOps.Transpose(right), form);
    }

    /// <summary>Whether two sources are the same bytes of the same file, which may have been opened twice.</summary>
    static bool IsSame(TensorSource? a, TensorSource b) =>
        (a, b) is (StoredSource { Tensor: var one }, StoredSource { Tensor: var two })
        && one.FileOffset == two.FileOffset && one.Spec.DType == two.Spec.DType
        && one.Shard.HeaderSha256 == two.Shard.HeaderSha256 && one.Shard.Identity.Equals(two.Shard.Identity);
}

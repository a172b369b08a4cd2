using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;
using static FastMerge.Primitives.CommonParameters;

namespace FastMerge.Methods;

/// <summary>
/// WUDI in closed form: the matrix whose difference from each task vector interferes least with that task vector.
/// </summary>
/// <remarks>
/// Source: Cheng et al. 2025, Whoever Started the Interference Should End It: Guiding Data-Free Model Merging via Task
/// Vectors, arXiv:2503.08099.
/// Computes: the M that minimises sum_k ||(M - t_k) t_k^T||^2 / ||t_k||^2, t_k = x_k - b an m x n matrix:
/// M = (sum_k w_k t_k G_k) (G + ridge mean(diag G) I)^-1 with G_k = t_k^T t_k, w_k = 1 / ||t_k||^2, G = sum_k w_k G_k;
/// y = b + lambda ((1 - interpolation) sum_k t_k + interpolation M). A zero task vector counts for nothing. Vectors,
/// and matrices that are averaged: b + lambda mean(t_k). Products and the system in binary64.
/// Differs from the paper's code, which takes 300 steps of Adam from sum_k t_k and stops on the way to the minimum:
/// that is nearer to the sum than the minimiser is, and interpolation is for going back to it.
/// Memory: of square matrices eleven in binary32, however many models; n x n ones of them are six.
/// </remarks>
sealed class Wudi : MergeMethod
{
    static readonly Global Ridge = new(
        "ridge", 1e-8, Bounds.NotNegative, "added to the diagonal of the system, as a share of its mean");
    static readonly Global Interpolation = new(
        "interpolation", 1, Bounds.UnitInterval, "0 is the sum of the task vectors, 1 the minimiser");

    public override MethodSignature Signature { get; } = new(
        "wudi", "least interference with each task vector, in closed form",
        "Cheng et al. 2025, arXiv:2503.08099", BaseUse.Required, 1, Unlimited,
        Lambda, Ridge, Interpolation, PlainEmbeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        if (!x.IsMatrixBy(PlainEmbeddings, Convolutions)) return x.Base + x[Lambda] * Ops.Mean(x.TaskVectors);
        var tasks = x.Tasks(FrameSides.Both);
        Matrix? sum = null, gram = null, target = null;
        for (var k = 0; k < x.ModelCount; k++)
        {
            var task = tasks[k];
            sum = sum is null ? task : sum + task;
            var weight = MatrixOps.InverseOrZero(MatrixOps.RowDots(task, task).Sum());
            var own = MatrixOps.Gram(task, ofRows: false, weight);
            var product = MatrixOps.Widen(task) * own;
            target = target is null ? product : target + product;
            gram = gram is null ? own : gram + own;
        }
        // The mean of the diagonal is meant to be that of all columns.
        Numbers ridge = x[Ridge];
        var minimiser = MatrixOps.Solve(gram!, ridge * ((double)tasks.Columns / x.Form.Columns), target!);
        var merged = MatrixOps.Add((1 - x[Interpolation], sum!), (x[Interpolation], minimiser));
        return x.Base + x[Lambda] * tasks.Merged(merged);
    }
}

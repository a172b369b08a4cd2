using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Methods;

/// <summary>Twin merging at fixed gates: what models share plus a low-rank part of what each has alone.</summary>
/// <remarks>
/// Source: Lu et al. 2024, Twin-Merging: Dynamic Integration of Modular Expertise in Model Merging,
/// arXiv:2406.15479.
/// Computes: the shared part s = b + lambda sum_k w_k t_k; of each x_k - s, an m x n matrix, the
/// floor(density min(m, n)) leading triplets; y = s + sum_k gate_k of these. What is no matrix keeps its
/// exclusive part whole.
/// In the paper a trained router gives the gates for each input, and the exclusive parts are kept apart; here gates are
/// numbers of the recipe and the result is one checkpoint. Without gates each is 1 / N; one gate of 1 and others of 0
/// give back a model, but for what its truncation loses. The paper's other ways to compress are not here.
/// </remarks>
sealed class Twin : MergeMethod
{
    static readonly PerModel Weight = new("weight", 1, Bounds.Any, "weight of the task vector in the shared part");
    static readonly PerModel Gate = new(
        "gate", null, Bounds.Any, "factor of the model's exclusive part; 1 / models if not given", optional: true);
    static readonly Global Lambda = new("lambda", 0.3, Bounds.Any, "factor of the shared task vectors");
    static readonly Global Density = new(
        "density", 0.1, Bounds.UnitInterval, "part of the singular values that exclusive parts keep");
    static readonly Choice Embeddings =
        new("embeddings", ["matrix", "whole"], "exclusive parts of embeddings and heads: as matrices, or kept whole");
    static readonly Choice Convolutions =
        new("convolutions", ["whole", "matrix"], "exclusive parts of convolutions: kept whole, or as matrices");

    public override MethodSignature Signature { get; } = new(
        "twin", "what models share plus low-rank exclusive parts, at given gates", "Lu et al. 2024, arXiv:2406.15479",
        BaseUse.Required, 1, Unlimited, Weight, Gate, Lambda, Density, Embeddings, Convolutions);

    public override bool UsesMatrices => true;

    public override Tensor Merge(MergeInputs x)
    {
        var gates = x.IsSet(Gate) ? x[Gate] : Scalar.ModelCoefficients(Equal, Scalar.ModelCount);
        if (!x.IsMatrixBy(Embeddings, Convolutions))
        {
            var start = x.Base + x[Lambda] * Ops.Sum(x.TaskVectors * x[Weight]);
            return start + Ops.Sum((x.Models - start) * gates);
        }
        var tasks = x.Tasks(FrameSides.Both);
        var shared = x[Lambda] * tasks.Sum(x[Weight]);
        var side = Math.Min(x.Form.Rows, x.Form.Columns);
        Truncation Part(double[] spectrum, double[][] operands) => new((long)Math.Floor(operands[0][0] * side));
        var sum = shared;
        Numbers factors = gates;
        for (var k = 0; k < x.ModelCount; k++)
        {
            var exclusive = MatrixOps.Truncate(tasks[k] - shared, Part, x[Density]);
            sum = MatrixOps.Accumulate(sum, factors[k], exclusive);
        }
        return x.Base + tasks.Merged(sum);
    }

    static double[] Equal(IReadOnlyList<double[]> models) =>
        [.. Enumerable.Repeat(1 / models[0][0], (int)models[0][0])];
}

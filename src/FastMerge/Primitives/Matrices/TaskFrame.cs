namespace FastMerge.Primitives.Matrices;

/// <summary>Which bases task vectors may be given in: what a method makes of coordinates has to be the same in
/// any.</summary>
[Flags]
enum FrameSides
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>An orthonormal basis of columns: the method commutes with rotations from the left.</summary>
    Left = 1,

    /// <summary>An orthonormal basis of rows: the method commutes with rotations from the right.</summary>
    Right = 2,

    /// <summary>Both.</summary>
    Both = Left | Right,
}

/// <summary>A task vector's factors: scale * Left Right, m x r and r x n.</summary>
/// <param name="Left">B of a LoRA, usually.</param>
/// <param name="Right">A of a LoRA, usually.</param>
/// <param name="Scale">One number.</param>
readonly record struct TaskFactors(Matrix Left, Matrix Right, Numbers Scale);

/// <summary>
/// Task vectors as matrices in memory. Where all are products of factors, t_k = s_k B_k A_k, they are given by their
/// coordinates in orthonormal bases of what spans them, and are never formed: with Q_B R_B = [B_1 | B_2 | ...] and
/// Q_A R_A = [A_1^T | A_2^T | ...] of r = sum r_k columns, t_k = Q_B C_k Q_A^T with the core
/// C_k = s_k R_B(k) R_A(k)^T, r x r. One side alone gives r x n, or m x r. Binary32.
/// </summary>
sealed class TaskFrame
{
    readonly MergeInputs _inputs;
    readonly Matrix? _left;
    readonly Matrix? _right;
    readonly Matrix[]? _cores;

    /// <summary>The task vectors of inputs; coordinates in the bases of some sides, where there are factors.</summary>
    public TaskFrame(MergeInputs inputs, FrameSides sides)
    {
        _inputs = inputs;
        if (sides == FrameSides.None || !inputs.HasFactors) return;
        var factors = inputs.Factors();
        TaskFactors[] updated = [.. factors.Where(f => f.Left.Columns > 0)];
        Matrix? rl = null, rr = null;
        if (sides.HasFlag(FrameSides.Left))
            (_left, rl) = MatrixOps.Qr(MatrixOps.Beside([.. updated.Select(f => f.Left)]));
        if (sides.HasFlag(FrameSides.Right))
            (_right, rr) = MatrixOps.Qr(MatrixOps.Beside([.. updated.Select(f => MatrixOps.Transpose(f.Right))]));
        _cores = new Matrix[factors.Length];
        long first = 0;
        for (var k = 0; k < _cores.Length; k++)
        {
            var rank = factors[k].Left.Columns;
            var left = rl is null ? factors[k].Left : MatrixOps.Columns(rl, first, rank);
            var core = rr is null ? left * factors[k].Right
                : MatrixOps.Multiply(left, MatrixOps.Columns(rr, first, rank), transposeB: true);
            _cores[k] = factors[k].Scale * core;
            first += rank;
        }
    }

    /// <summary>Columns of what is given for a task vector.</summary>
    public long Columns => _right?.Columns ?? _inputs.Form.Columns;

    /// <summary>All task vectors.</summary>
    public Matrix[] All => [.. Enumerable.Range(0, _inputs.ModelCount).Select(k => this[k])];

    /// <summary>One task vector. It is loaded where it is first asked for, if it has no factors.</summary>
    public Matrix this[int model] => _cores?[model] ?? _inputs.Matrix(_inputs.TaskVectors, model);

    /// <summary>Their sum, with weights if there are any.</summary>
    public Matrix Sum(Scalar? weights = null)
    {
        if (_cores is null)
            return _inputs.Matrix(Ops.Sum(weights is null ? _inputs.TaskVectors : _inputs.TaskVectors * weights));
        Numbers? factors = weights is null ? null : Numbers.Of(weights);
        return MatrixOps.Add([.. _cores.Select((c, k) => (factors?[k] ?? 1, c))]);
    }

    /// <summary>The elements of what was merged.</summary>
    public Tensor Merged(Matrix merged)
    {
        var rows = _left is null ? merged : _left * merged;
        return Tensor.Of(_right is null ? rows : MatrixOps.Multiply(rows, _right, transposeB: true));
    }
}

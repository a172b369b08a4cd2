namespace FastMerge.Primitives.Matrices;

/// <summary>How many leading directions are kept, and what the result is multiplied by.</summary>
readonly record struct Truncation(long Rank, double Scale = 1);

/// <summary>
/// What a method makes of a spectrum: a pure function of the singular values, largest first, and of operands. It may
/// be asked twice, of values in binary32 and, where that leaves the answer open, in binary64.
/// </summary>
delegate Truncation TruncationRule(double[] spectrum, double[][] operands);

/// <summary>
/// One operation on matrices as a whole. Steps are numbered as they are made, which is the order they run in: a method
/// that goes through the models one after the other needs memory for one.
/// </summary>
abstract class MatrixStep(Matrix[] inputs, params Numbers[] operands)
{
    static long _made;

    /// <summary>Its place in the order.</summary>
    public long Number { get; } = Interlocked.Increment(ref _made);

    /// <summary>The matrices that it reads.</summary>
    public IReadOnlyList<Matrix> Inputs { get; } = inputs;

    /// <summary>The numbers that it reads.</summary>
    public IReadOnlyList<Numbers> Operands { get; } = operands;

    /// <summary>The matrices that it makes.</summary>
    public IReadOnlyList<Matrix> Outputs { get; protected init; } = [];

    /// <summary>The numbers that it finds.</summary>
    public IReadOnlyList<Numbers> Found { get; protected init; } = [];

    /// <summary>The input whose memory the first output may take, if nothing reads it later; -1 for none.</summary>
    public virtual int MayReplace => -1;
}

/// <summary>The elements of a tensor expression, of all models or of one alone.</summary>
sealed class LoadStep : MatrixStep
{
    /// <summary>Loads an expression, which is a sum over the one model where a model is named.</summary>
    public LoadStep(Tensor source, int? model, long rows, long columns)
        : base([])
    {
        (Source, Model) = (source, model);
        Outputs = [Matrix.By(this, rows, columns)];
    }

    /// <summary>What is loaded.</summary>
    public Tensor Source { get; }

    /// <summary>The only model that the expression sees; null is all.</summary>
    public int? Model { get; }
}

/// <summary>The factors of a model's task vector, as they are stored, and what their product is multiplied
/// with.</summary>
sealed class FactorStep : MatrixStep
{
    /// <summary>Loads rows x rank and rank x columns.</summary>
    public FactorStep(int model, long rows, long columns, long rank)
        : base([])
    {
        Model = model;
        Outputs = [Matrix.By(this, rows, rank), Matrix.By(this, rank, columns)];
        Found = [Numbers.By(this)];
    }

    /// <summary>The model.</summary>
    public int Model { get; }
}

/// <summary>op(a) op(b).</summary>
sealed class MultiplyStep : MatrixStep
{
    /// <summary>A product; either factor may be transposed.</summary>
    public MultiplyStep(Matrix a, Matrix b, bool transposeA, bool transposeB)
        : base([a, b])
    {
        (TransposeA, TransposeB) = (transposeA, transposeB);
        Outputs = [Matrix.By(this, transposeA ? a.Columns : a.Rows, transposeB ? b.Rows : b.Columns, a.IsDouble)];
    }

    /// <summary>Whether the first factor is transposed.</summary>
    public bool TransposeA { get; }

    /// <summary>Whether the second factor is transposed.</summary>
    public bool TransposeB { get; }
}

/// <summary>f_0 a_0 + f_1 a_1 + ..., in order.</summary>
sealed class AddStep : MatrixStep
{
    /// <summary>A weighted sum; each factor is one number. It is binary64 if the first term is, or if so
    /// wanted.</summary>
    public AddStep((Numbers Factor, Matrix Matrix)[] terms, bool transpose, bool isDouble = false)
        : base([.. terms.Select(t => t.Matrix)], [.. terms.Select(t => t.Factor)])
    {
        Transpose = transpose;
        var (rows, columns) = (terms[0].Matrix.Rows, terms[0].Matrix.Columns);
        Outputs =
        [
            Matrix.By(
                this, transpose ? columns : rows, transpose ? rows : columns, isDouble || terms[0].Matrix.IsDouble),
        ];
    }

    /// <summary>Whether the sum is transposed.</summary>
    public bool Transpose { get; }

    /// <inheritdoc/>
    public override int MayReplace => Transpose ? -1 : 0;
}

/// <summary>a_ij r_i c_j.</summary>
sealed class ScaleStep : MatrixStep
{
    /// <summary>Scales rows, columns or both.</summary>
    public ScaleStep(Matrix a, Numbers? rows, Numbers? columns)
        : base([a], [.. new[] { rows, columns }.OfType<Numbers>()])
    {
        (HasRows, HasColumns) = (rows is not null, columns is not null);
        Outputs = [Matrix.By(this, a.Rows, a.Columns, a.IsDouble)];
    }

    /// <summary>Whether the first operand is a factor of each row.</summary>
    public bool HasRows { get; }

    /// <summary>Whether the last operand is a factor of each column.</summary>
    public bool HasColumns { get; }

    /// <inheritdoc/>
    public override int MayReplace => 0;
}

/// <summary>Matrices side by side, or one above the other.</summary>
sealed class JoinStep : MatrixStep
{
    /// <summary>Joins matrices of equal height (or width), which are so wide (or high) at most.</summary>
    public JoinStep(Matrix[] parts, bool above, long most = long.MaxValue)
        : base(parts)
    {
        Above = above;
        var length = Math.Min(most, parts.Sum(p => above ? p.Rows : p.Columns));
        Outputs =
        [
            Matrix.By(
                this, above ? length : parts[0].Rows, above ? parts[0].Columns : length, parts[0].IsDouble),
        ];
    }

    /// <summary>Whether they stand one above the other.</summary>
    public bool Above { get; }
}

/// <summary>Some columns or rows of a matrix.</summary>
sealed class PartStep : MatrixStep
{
    /// <summary>Those from one on, at most so many.</summary>
    public PartStep(Matrix a, long first, long count, bool ofRows)
        : base([a])
    {
        (First, Count, OfRows) = (first, count, ofRows);
        Outputs = [Matrix.By(this, ofRows ? count : a.Rows, ofRows ? a.Columns : count, a.IsDouble)];
    }

    /// <summary>Columns from one on, as many as a number says and the matrix has; the data decide over both.</summary>
    public PartStep(Matrix a, Numbers first, Numbers count, long most)
        : base([a], first, count)
    {
        (Count, IsByNumbers) = (most, true);
        Outputs = [Matrix.By(this, a.Rows, most, a.IsDouble)];
    }

    /// <summary>The first, unless operands say it.</summary>
    public long First { get; }

    /// <summary>How many at most.</summary>
    public long Count { get; }

    /// <summary>Whether they are rows.</summary>
    public bool OfRows { get; }

    /// <summary>Whether the operands are the first and how many, in place of the properties.</summary>
    public bool IsByNumbers { get; }
}

/// <summary>a^T a, or a a^T, in binary64.</summary>
sealed class GramStep : MatrixStep
{
    /// <summary>The Gram matrix of the columns, or of the rows, times one number, plus another.</summary>
    public GramStep(Matrix a, bool ofRows, Numbers factor, Matrix? plus)
        : base(plus is null ? [a] : [a, plus], factor)
    {
        OfRows = ofRows;
        var side = ofRows ? a.Rows : a.Columns;
        Outputs = [Matrix.By(this, side, side, isDouble: true)];
    }

    /// <summary>Whether rows are multiplied with rows.</summary>
    public bool OfRows { get; }

    /// <inheritdoc/>
    public override int MayReplace => 1;
}

/// <summary>b (g + ridge mean(diag g) I)^-1.</summary>
sealed class SolveStep : MatrixStep
{
    /// <summary>Solves with a positive semidefinite matrix.</summary>
    public SolveStep(Matrix g, Numbers ridge, Matrix b)
        : base([b, g], ridge) => Outputs = [Matrix.By(this, b.Rows, b.Columns)];

    /// <inheritdoc/>
    public override int MayReplace => 0;
}

/// <summary>The weights of rank-one features u_k v_k^T whose sum has given strengths along each of them.</summary>
sealed class FeatureWeightsStep : MatrixStep
{
    /// <summary>Solves ((u^T u) o (v^T v)) w = s.</summary>
    public FeatureWeightsStep(Matrix u, Matrix v, Numbers s, Numbers ridge)
        : base([u, v], s, ridge) => Found = [Numbers.By(this)];
}

/// <summary>Dot products of equal rows, or columns, of two matrices.</summary>
sealed class DotsStep : MatrixStep
{
    /// <summary>One number for each row or column.</summary>
    public DotsStep(Matrix a, Matrix b, bool byColumns)
        : base([a, b])
    {
        ByColumns = byColumns;
        Found = [Numbers.By(this)];
    }

    /// <summary>Whether columns are multiplied, not rows.</summary>
    public bool ByColumns { get; }
}

/// <summary>a = q r, thin.</summary>
sealed class QrStep : MatrixStep
{
    /// <summary>Of a matrix that is at least as high as it is wide.</summary>
    public QrStep(Matrix a)
        : base([a]) => Outputs =
        [
            Matrix.By(this, a.Rows, a.Columns, a.IsDouble), Matrix.By(this, a.Columns, a.Columns, a.IsDouble),
        ];
}

/// <summary>The polar factor, the nuclear norm and the rank.</summary>
sealed class PolarStep : MatrixStep
{
    /// <summary>U V^T of U S V^T.</summary>
    public PolarStep(Matrix a, bool isComplete, bool isExact)
        : base([a])
    {
        (IsComplete, IsExact) = (isComplete, isExact);
        Outputs = [Matrix.By(this, a.Rows, a.Columns)];
        Found = [Numbers.By(this), Numbers.By(this)];
    }

    /// <summary>Whether directions that the data do not determine are filled as LAPACK does.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether all of it is in binary64.</summary>
    public bool IsExact { get; }

    /// <inheritdoc/>
    public override int MayReplace => 0;
}

/// <summary>The singular values.</summary>
sealed class ValuesStep : MatrixStep
{
    /// <summary>All of them, largest first, from binary64.</summary>
    public ValuesStep(Matrix a)
        : base([a]) => Found = [Numbers.By(this)];
}

/// <summary>The leading part of a matrix, by a rule on its spectrum.</summary>
sealed class TruncateStep : MatrixStep
{
    /// <summary>Keeps what the rule says.</summary>
    public TruncateStep(Matrix a, TruncationRule rule, Numbers[] operands)
        : base([a], operands)
    {
        Rule = rule;
        Outputs = [Matrix.By(this, a.Rows, a.Columns)];
        Found = [Numbers.By(this)];
    }

    /// <summary>The rule.</summary>
    public TruncationRule Rule { get; }

    /// <inheritdoc/>
    public override int MayReplace => 0;
}

/// <summary>The leading singular vectors and values, by a rule on the spectrum.</summary>
sealed class LeadingStep : MatrixStep
{
    /// <summary>At most so many; vectors that are not wanted have no elements.</summary>
    public LeadingStep(
        Matrix a, long most, TruncationRule rule, Numbers[] operands, bool left = true, bool right = true)
        : base([a], operands)
    {
        (Rule, HasLeft, HasRight) = (rule, left, right);
        Outputs = [Matrix.By(this, left ? a.Rows : 0, most), Matrix.By(this, right ? a.Columns : 0, most)];
        Found = [Numbers.By(this), Numbers.By(this)];
    }

    /// <summary>Whether left vectors are wanted.</summary>
    public bool HasLeft { get; }

    /// <summary>Whether right vectors are wanted.</summary>
    public bool HasRight { get; }

    /// <summary>The rule; its scale plays no part.</summary>
    public TruncationRule Rule { get; }
}

/// <summary>An element-wise merge of matrices in memory, as if they were tensors over a base of zeros.</summary>
sealed class MergeStep : MatrixStep
{
    /// <summary>Merges one matrix a model.</summary>
    public MergeStep(Matrix[] models, Tensor expression)
        : base(models)
    {
        Expression = expression;
        Outputs = [Matrix.By(this, models[0].Rows, models[0].Columns)];
    }

    /// <summary>What is computed of them.</summary>
    public Tensor Expression { get; }
}

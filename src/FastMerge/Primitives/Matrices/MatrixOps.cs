namespace FastMerge.Primitives.Matrices;

/// <summary>The leading singular triplets of a matrix.</summary>
/// <param name="Left">One left vector a column.</param>
/// <param name="Values">The singular values of these, largest first.</param>
/// <param name="Right">One right vector a column.</param>
/// <param name="Spectrum">All singular values, largest first.</param>
readonly record struct Triplets(Matrix Left, Numbers Values, Matrix Right, Numbers Spectrum)
{
    /// <summary>Left diag(values) Right^T.</summary>
    public Matrix Product(Numbers values) =>
        MatrixOps.Multiply(MatrixOps.ScaleColumns(Left, values), Right, transposeB: true);
}

/// <summary>A polar factor.</summary>
/// <param name="Factor">U V^T of U S V^T, without the directions that are not in.</param>
/// <param name="NuclearNorm">The sum of the singular values.</param>
/// <param name="Rank">How many directions are in.</param>
readonly record struct PolarFactor(Matrix Factor, Numbers NuclearNorm, Numbers Rank);

/// <summary>Matrix primitives, in the field's words. Matrices are binary32, what decides is binary64.</summary>
static class MatrixOps
{
    /// <summary>op(a) op(b), binary32.</summary>
    public static Matrix Multiply(Matrix a, Matrix b, bool transposeA = false, bool transposeB = false) =>
        new MultiplyStep(a, b, transposeA, transposeB).Outputs[0];

    /// <summary>f_0 a_0 + f_1 a_1 + ..., in order.</summary>
    public static Matrix Add(params (Numbers Factor, Matrix Matrix)[] terms) =>
        new AddStep(terms, transpose: false).Outputs[0];

    /// <summary>A running sum: sum + f a, or f a where nothing was added yet.</summary>
    public static Matrix Accumulate(Matrix? sum, Numbers factor, Matrix a) =>
        sum is null ? Add((factor, a)) : Add((1, sum), (factor, a));

    /// <summary>a^T.</summary>
    public static Matrix Transpose(Matrix a) => new AddStep([(1, a)], transpose: true).Outputs[0];

    /// <summary>a in binary64.</summary>
    public static Matrix Widen(Matrix a) => new AddStep([(1, a)], transpose: false, isDouble: true).Outputs[0];

    /// <summary>a_ij r_i.</summary>
    public static Matrix ScaleRows(Matrix a, Numbers factors) => new ScaleStep(a, factors, null).Outputs[0];

    /// <summary>a_ij c_j.</summary>
    public static Matrix ScaleColumns(Matrix a, Numbers factors) => new ScaleStep(a, null, factors).Outputs[0];

    /// <summary>[a_0 | a_1 | ...].</summary>
    public static Matrix Beside(params Matrix[] parts) => parts.Length == 1 ? parts[0]
        : new JoinStep(parts, above: false).Outputs[0];

    /// <summary>[a_0 | a_1 | ...] of so many columns at most, fewer than the parts have at most.</summary>
    public static Matrix Beside(long most, params Matrix[] parts) => new JoinStep(parts, above: false, most).Outputs[0];

    /// <summary>a_0 above a_1 above ...</summary>
    public static Matrix Above(params Matrix[] parts) => parts.Length == 1 ? parts[0]
        : new JoinStep(parts, above: true).Outputs[0];

    /// <summary>Some columns, from one on.</summary>
    public static Matrix Columns(Matrix a, long first, long count) => new PartStep(a, first, count, false).Outputs[0];

    /// <summary>Some columns, where the data decide from which one on, and how many of those that there are.</summary>
    public static Matrix Columns(Matrix a, Numbers first, Numbers count, long most) =>
        new PartStep(a, first, count, most).Outputs[0];

    /// <summary>Some rows, from one on.</summary>
    public static Matrix Rows(Matrix a, long first, long count) => new PartStep(a, first, count, true).Outputs[0];

    /// <summary>As many matrices of equal height as stand above each other.</summary>
    public static Matrix[] SplitRows(Matrix a, int count) =>
        [.. Enumerable.Range(0, count).Select(k => Rows(a, k * (a.Rows / count), a.Rows / count))];

    /// <summary>f a^T a, or f a a^T, plus another of its kind; binary64.</summary>
    public static Matrix Gram(Matrix a, bool ofRows, Numbers factor, Matrix? plus = null) =>
        new GramStep(a, ofRows, factor, plus).Outputs[0];

    /// <summary>b (g + ridge mean(diag g) I)^-1 by Cholesky in binary64; 0 for g = 0.</summary>
    public static Matrix Solve(Matrix g, Numbers ridge, Matrix b) => new SolveStep(g, ridge, b).Outputs[0];

    /// <summary>
    /// The weights w of features u_k v_k^T with u_k^T (sum_l w_l u_l v_l^T) v_k = s_k:
    /// ((u^T u) o (v^T v) + ridge I) w = s.
    /// </summary>
    public static Numbers FeatureWeights(Matrix u, Matrix v, Numbers s, Numbers ridge) =>
        new FeatureWeightsStep(u, v, s, ridge).Found[0];

    /// <summary>The dot product of each row of a with that of b, binary64.</summary>
    public static Numbers RowDots(Matrix a, Matrix b) => new DotsStep(a, b, byColumns: false).Found[0];

    /// <summary>The dot product of each column of a with that of b, binary64.</summary>
    public static Numbers ColumnDots(Matrix a, Matrix b) => new DotsStep(a, b, byColumns: true).Found[0];

    /// <summary>The Euclidean norm of each column, binary64.</summary>
    public static Numbers ColumnNorms(Matrix a) => Numbers.From(v => [.. v[0].Select(Math.Sqrt)], ColumnDots(a, a));

    /// <summary>1 / a, and 0 for 0.</summary>
    public static Numbers InverseOrZero(Numbers a) => Numbers.From(v => [.. v[0].Select(x => x == 0 ? 0 : 1 / x)], a);

    /// <summary>An element-wise expression over matrices in memory in the place of models, over a base of
    /// zeros.</summary>
    public static Matrix ByElement(Tensor expression, params Matrix[] models) =>
        new MergeStep(models, expression).Outputs[0];

    /// <summary>a = q r with orthonormal columns of q and an upper triangle r; a is not wider than high.</summary>
    public static (Matrix Q, Matrix R) Qr(Matrix a)
    {
        var step = new QrStep(a);
        return (step.Outputs[0], step.Outputs[1]);
    }

    /// <summary>
    /// The polar factor. Directions with s at most 2^-21 of the largest are left out, as rounding decides over them;
    /// with <paramref name="isComplete"/> they are filled as LAPACK does, which other machines do not reproduce.
    /// </summary>
    public static PolarFactor Polar(Matrix a, bool isComplete = false, bool isExact = false)
    {
        var step = new PolarStep(a, isComplete, isExact);
        return new(step.Outputs[0], step.Found[0], step.Found[1]);
    }

    /// <summary>All singular values, largest first, to 1e-7 of the largest.</summary>
    public static Numbers SingularValues(Matrix a) => new ValuesStep(a).Found[0];

    /// <summary>scale * (the leading part of rank r), both by a rule.</summary>
    public static Matrix Truncate(Matrix a, TruncationRule rule, params Numbers[] operands) =>
        new TruncateStep(a, rule, operands).Outputs[0];

    /// <summary>
    /// The leading triplets, as many as a rule says and at most some. Vectors of zero directions are 0; the sign of a
    /// pair is such that the right vector's element of largest magnitude is positive.
    /// </summary>
    public static Triplets Leading(Matrix a, long most, TruncationRule rule, params Numbers[] operands)
    {
        var step = new LeadingStep(a, Math.Min(most, a.Side), rule, operands);
        return new(step.Outputs[0], step.Found[0], step.Outputs[1], step.Found[1]);
    }

    /// <summary>So many leading triplets.</summary>
    public static Triplets Leading(Matrix a, long count) => Leading(a, count, (_, _) => new(count));

    /// <summary>An orthonormal basis of the columns that the data determine: the left singular vectors.</summary>
    public static Matrix LeftBasis(Matrix a) =>
        new LeadingStep(a, a.Side, SpectralRules.Determined(), [], right: false).Outputs[0];

    /// <summary>An orthonormal basis of the rows that the data determine: the right singular vectors.</summary>
    public static Matrix RightBasis(Matrix a) =>
        new LeadingStep(a, a.Side, SpectralRules.Determined(), [], left: false).Outputs[1];
}

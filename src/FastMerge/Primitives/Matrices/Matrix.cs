namespace FastMerge.Primitives.Matrices;

/// <summary>
/// A symbolic matrix in memory, binary32 unless it is a Gram matrix. It has no data; its sizes are what it needs at
/// most, and a rank that the data decide makes it smaller when it runs.
/// </summary>
sealed class Matrix
{
    Matrix(MatrixStep? maker, long rows, long columns, bool isDouble) =>
        (Maker, Rows, Columns, IsDouble) = (maker, rows, columns, isDouble);

    /// <summary>A matrix that a step makes.</summary>
    public static Matrix By(MatrixStep maker, long rows, long columns, bool isDouble = false) =>
        new(maker, rows, columns, isDouble);

    /// <summary>The step that makes it.</summary>
    public MatrixStep? Maker { get; }

    /// <summary>Rows at most.</summary>
    public long Rows { get; }

    /// <summary>Columns at most.</summary>
    public long Columns { get; }

    /// <summary>Whether elements are binary64.</summary>
    public bool IsDouble { get; }

    /// <summary>Bytes at most.</summary>
    public long Bytes => Rows * Columns * (IsDouble ? sizeof(double) : sizeof(float));

    /// <summary>The shorter side.</summary>
    public long Side => Math.Min(Rows, Columns);

    /// <summary>a b.</summary>
    public static Matrix operator *(Matrix a, Matrix b) => MatrixOps.Multiply(a, b);

    /// <summary>a + b.</summary>
    public static Matrix operator +(Matrix a, Matrix b) => MatrixOps.Add((1, a), (1, b));

    /// <summary>a - b.</summary>
    public static Matrix operator -(Matrix a, Matrix b) => MatrixOps.Add((1, a), (-1, b));

    /// <summary>f a, for one number f.</summary>
    public static Matrix operator *(Numbers f, Matrix a) => MatrixOps.Add((f, a));
}

/// <summary>
/// Numbers that are known when a matrix program runs, in binary64 on the host: parameters, a spectrum, norms. A
/// number is an array of one.
/// </summary>
sealed class Numbers
{
    Numbers(MatrixStep? maker, Scalar? scalar, Func<double[][], double[]>? function, Numbers[] operands) =>
        (Maker, Scalar, Function, Operands) = (maker, scalar, function, operands);

    /// <summary>The step that finds them, if one does.</summary>
    public MatrixStep? Maker { get; }

    /// <summary>The side value that they are, if they are one: parameters and counts, no reductions.</summary>
    public Scalar? Scalar { get; }

    /// <summary>The pure function that gives them from operands, if one does.</summary>
    public Func<double[][], double[]>? Function { get; }

    /// <summary>The function's operands.</summary>
    public IReadOnlyList<Numbers> Operands { get; }

    /// <summary>What a step finds.</summary>
    public static Numbers By(MatrixStep maker) => new(maker, null, null, []);

    /// <summary>The values of parameters, one, or one for each model.</summary>
    public static Numbers Of(Scalar scalar) => new(null, scalar, null, []);

    /// <summary>What a pure function makes of others.</summary>
    public static Numbers From(Func<double[][], double[]> function, params Numbers[] operands) =>
        new(null, null, function, operands);

    /// <summary>One of several.</summary>
    public Numbers this[int index] => From(v => [v[0][index]], this);

    /// <summary>A constant.</summary>
    public static implicit operator Numbers(double value) => From(_ => [value]);

    /// <summary>Parameters and counts.</summary>
    public static implicit operator Numbers(Scalar scalar) => Of(scalar);

    /// <summary>The product, element by element; one number goes with all.</summary>
    public static Numbers operator *(Numbers a, Numbers b) => Zip(a, b, (x, y) => x * y);

    /// <summary>The quotient, element by element; 0 / 0 is 0.</summary>
    public static Numbers operator /(Numbers a, Numbers b) => Zip(a, b, (x, y) => x == 0 && y == 0 ? 0 : x / y);

    /// <summary>The sum, element by element.</summary>
    public static Numbers operator +(Numbers a, Numbers b) => Zip(a, b, (x, y) => x + y);

    /// <summary>All of them, one after the other.</summary>
    public static Numbers Join(params Numbers[] parts) => From(v => [.. v.SelectMany(p => p)], parts);

    /// <summary>Their sum, in order.</summary>
    public Numbers Sum() => From(v => [v[0].Sum()], this);

    static Numbers Zip(Numbers a, Numbers b, Func<double, double, double> function) => From(
        v =>
        {
            var length = v[0].Length == 1 ? v[1].Length : v[0].Length;
            var result = new double[length];
            for (var i = 0; i < length; i++)
                result[i] = function(v[0][v[0].Length == 1 ? 0 : i], v[1][v[1].Length == 1 ? 0 : i]);
            return result;
        },
        a, b);
}

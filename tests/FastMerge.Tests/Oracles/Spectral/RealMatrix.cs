namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>A matrix in binary64, stored by rows, with the plainest loops that compute with it.</summary>
sealed class RealMatrix(int rows, int columns)
{
    readonly double[] _data = new double[rows * columns];

    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>The shorter side.</summary>
    public int Side => Math.Min(Rows, Columns);

    public double this[int row, int column]
    {
        get => _data[row * Columns + column];
        set => _data[row * Columns + column] = value;
    }

    /// <summary>The elements, row by row.</summary>
    public ReadOnlySpan<double> Data => _data;

    /// <summary>Square root of the sum of squares.</summary>
    public double Norm => Math.Sqrt(_data.Sum(v => v * v));

    /// <summary>The largest magnitude.</summary>
    public double Largest => _data.Length == 0 ? 0 : _data.Max(Math.Abs);

    /// <summary>A matrix of what a function gives for each place.</summary>
    public static RealMatrix Of(int rows, int columns, Func<int, int, double> value)
    {
        var matrix = new RealMatrix(rows, columns);
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                matrix[i, j] = value(i, j);
        return matrix;
    }

    /// <summary>A matrix of numbers row by row.</summary>
    public static RealMatrix Of(int rows, int columns, ReadOnlySpan<float> values)
    {
        var matrix = new RealMatrix(rows, columns);
        for (var i = 0; i < values.Length; i++) matrix._data[i] = values[i];
        return matrix;
    }

    /// <summary>Normal numbers.</summary>
    public static RealMatrix Normal(int rows, int columns, Random random) => Of(rows, columns, (_, _) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    /// <summary>The elements rounded to binary32.</summary>
    public float[] ToFloats() => [.. _data.Select(v => (float)v)];

    /// <summary>The matrix with its elements rounded to binary32.</summary>
    public RealMatrix Rounded() => Of(Rows, Columns, (i, j) => (float)this[i, j]);

    public RealMatrix Transposed() => Of(Columns, Rows, (i, j) => this[j, i]);

    /// <summary>Some of the columns.</summary>
    public RealMatrix ColumnsFrom(int first, int count) => Of(Rows, count, (i, j) => this[i, first + j]);

    /// <summary>a_ij c_j.</summary>
    public RealMatrix ScaleColumns(IReadOnlyList<double> factors) =>
        Of(Rows, Columns, (i, j) => this[i, j] * factors[j]);

    /// <summary>Matrices side by side.</summary>
    public static RealMatrix Beside(params RealMatrix[] parts)
    {
        var joined = new RealMatrix(parts[0].Rows, parts.Sum(p => p.Columns));
        var next = 0;
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Rows; i++)
                for (var j = 0; j < part.Columns; j++)
                    joined[i, next + j] = part[i, j];
            next += part.Columns;
        }
        return joined;
    }

    /// <summary>The sum of the products of equal places.</summary>
    public static double Dot(RealMatrix a, RealMatrix b) => a._data.Zip(b._data, (x, y) => x * y).Sum();

    /// <summary>The sum of some matrices of one size.</summary>
    public static RealMatrix Sum(IEnumerable<RealMatrix> matrices) => matrices.Aggregate((a, b) => a + b);

    public static RealMatrix operator +(RealMatrix a, RealMatrix b) =>
        Of(a.Rows, a.Columns, (i, j) => a[i, j] + b[i, j]);

    public static RealMatrix operator -(RealMatrix a, RealMatrix b) =>
        Of(a.Rows, a.Columns, (i, j) => a[i, j] - b[i, j]);

    public static RealMatrix operator *(double factor, RealMatrix a) =>
        Of(a.Rows, a.Columns, (i, j) => factor * a[i, j]);

    public static RealMatrix operator *(RealMatrix a, RealMatrix b)
    {
        var product = new RealMatrix(a.Rows, b.Columns);
        for (var i = 0; i < a.Rows; i++)
            for (var k = 0; k < a.Columns; k++)
            {
                var factor = a[i, k];
                for (var j = 0; j < b.Columns; j++) product[i, j] += factor * b[k, j];
            }
        return product;
    }
}

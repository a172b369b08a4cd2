namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>
/// A base and its fine-tunes as matrices. All elements are multiples of 1/1024 with at most 24 bits, so that sums and
/// task vectors are exact in binary32, and low ranks are exact.
/// </summary>
sealed record TaskCase(string Name, RealMatrix Base, RealMatrix[] Tasks)
{
    const double Unit = 1 / 1024.0;

    /// <summary>The fine-tunes.</summary>
    public RealMatrix[] Models => [.. Tasks.Select(t => Base + t)];

    /// <summary>One tensor with evenly distributed elements, those of tasks a fifth of the base's.</summary>
    public static TaskCase Draw(int models, int rows, int columns, int seed = 3, string name = "w")
    {
        var random = new Random(seed);
        RealMatrix Uniform(double size) => RealMatrix.Of(rows, columns, (_, _) => Uniformly(size, random));
        return new(name, Uniform(2000), [.. Enumerable.Range(0, models).Select(_ => Uniform(400))]);
    }

    /// <summary>Three tasks with rows and columns of their own, so that they are orthogonal on both sides; each is
    /// larger than the one before by so much of the first.</summary>
    public static TaskCase Orthogonal(int rows, int columns, double growth = 0)
    {
        var random = new Random(4);
        return Draw(1, rows, columns) with
        {
            Tasks = [.. Enumerable.Range(0, 3).Select(k => RealMatrix.Of(rows, columns, (i, j) =>
                i / (rows / 3) == k && j / (columns / 3) == k ? Uniformly(400 * (1 + k * growth), random) : 0))],
        };
    }

    /// <summary>The family: shapes, ranks, sizes, each for so many models.</summary>
    public static TaskCase[] All(int models, int seed = 1)
    {
        var random = new Random(seed * 100 + models);
        RealMatrix Full(int rows, int columns) => Rounded(
            24 * RealMatrix.Normal(rows, columns, random) + LowRank(rows, columns, 3, 40));
        RealMatrix LowRank(int rows, int columns, int rank, double size) => Rounded(size / rank * Factor(rows, rank))
            * Rounded(Factor(rank, columns));
        RealMatrix Factor(int rows, int columns) => RealMatrix.Normal(rows, columns, random);
        TaskCase Case(string name, int rows, int columns, Func<int, RealMatrix> task) => new(
            name, Unit * Rounded(500 * RealMatrix.Normal(rows, columns, random)),
            [.. Enumerable.Range(0, models).Select(k => Unit * task(k))]);
        var same = Full(20, 20);
        return
        [
            Case("square", 24, 24, _ => Full(24, 24)),
            Case("tall", 40, 16, _ => Full(40, 16)),
            Case("wide", 16, 40, _ => Full(16, 40)),
            Case("one_of_rank_3", 24, 20, k => k == 0 ? LowRank(24, 20, 3, 40) : Full(24, 20)),
            Case("all_of_rank_2", 20, 24, _ => LowRank(20, 24, 2, 40)),
            Case("zero", 8, 8, _ => new(8, 8)),
            Case("one_zero", 12, 10, k => k == 0 ? new(12, 10) : Full(12, 10)),
            Case("single_row", 1, 17, _ => Full(1, 17)),
            Case("single_column", 17, 1, _ => Full(17, 1)),
            Case("single_element", 1, 1, _ => Rounded(RealMatrix.Of(1, 1, (_, _) => 7 + random.Next(9)))),
            Case("narrow", 2, 9, _ => Full(2, 9)),
            Case("duplicates", 20, 20, k => k < 2 ? same : Full(20, 20)),
            Case("spike", 24, 24, k => k == 0 ? Full(24, 24) + Spike(24, 24, random) : Full(24, 24)),
        ];
    }

    static double Uniformly(double size, Random random) => Unit * Math.Round(size * (random.NextDouble() - 0.5));

    /// <summary>A matrix of rank one whose singular value is about a thousand times those of noise of 24.</summary>
    static RealMatrix Spike(int rows, int columns, Random random)
    {
        var (left, right) = (Signs(rows, random), Signs(columns, random));
        return RealMatrix.Of(rows, columns, (i, j) => 10000 * left[i] * right[j]);
    }

    static int[] Signs(int count, Random random) =>
        [.. Enumerable.Range(0, count).Select(_ => 2 * random.Next(2) - 1)];

    static RealMatrix Rounded(RealMatrix a) => RealMatrix.Of(a.Rows, a.Columns, (i, j) => Math.Round(a[i, j]));
}

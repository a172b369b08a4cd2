using FastMerge.Testing.Oracles;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>
/// Whole merges by methods that work in a basis of the task vectors, or solve for the merged one, against oracles in
/// binary64, over the family of matrices.
/// </summary>
public class BasisMethodTests
{
    /// <summary>A bound above this share of the norm would let anything pass.</summary>
    const double MostBound = 0.02;

    static Task Compare(
        string method, string parameters, TaskCase[] cases, Func<RealMatrix[], RealMatrix> oracle, double factor = 1,
        Func<int, string>? perModel = null) =>
        MatrixMerges.Compare(method, parameters, cases, oracle, factor, perModel, MostBound);

    static double[] WeightsOf(int models) => [.. Enumerable.Range(0, models).Select(k => 1 - 0.25 * k)];

    static string Weight(int model) => FormattableString.Invariant($"weight: {1 - 0.25 * model}");

    static OracleParameters Parameters(int models, double density = 1, bool normalize = false) => new()
    {
        Weight = WeightsOf(models), Density = [.. Enumerable.Repeat(density, models)], Normalize = normalize,
    };

    static BasisOracles.InnerMerge Ties(int models, double density) =>
        BasisOracles.ByElement("ties", Parameters(models, density, normalize: true));

    static BasisOracles.InnerMerge TaskArithmetic(int models) =>
        BasisOracles.ByElement("task_arithmetic", Parameters(models));

    /// <summary>
    /// Matrices without equal magnitudes, as what trims and elections do with ties is not continuous: normal numbers
    /// over a base of zeros. A spike is left out as well: beside it, sums of others are within rounding of zero.
    /// </summary>
    /// <param name="models">How many.</param>
    /// <param name="except">An axis that is longer than 1 in all of them, as parts of length 1 all have magnitude
    /// 1 in Decom-Renorm-Merge; -1 for none.</param>
    static TaskCase[] Distinct(int models, int except = -1)
    {
        var random = new Random(40 + models);
        RealMatrix Full(int rows, int columns) => (0.1 * RealMatrix.Normal(rows, columns, random)).Rounded();
        RealMatrix LowRank(int rows, int columns, int rank) =>
            (0.1 * RealMatrix.Normal(rows, rank, random) * RealMatrix.Normal(rank, columns, random)).Rounded();
        TaskCase Case(string name, int rows, int columns, Func<int, RealMatrix> task) =>
            new(name, new(rows, columns), [.. Enumerable.Range(0, models).Select(task)]);
        var same = Full(20, 18);
        return
        [
            .. new[]
            {
                Case("square", 24, 24, _ => Full(24, 24)), Case("tall", 40, 16, _ => Full(40, 16)),
                Case("wide", 16, 40, _ => Full(16, 40)), Case("zero", 8, 8, _ => new(8, 8)),
                Case("one_of_rank_3", 24, 20, k => k == 0 ? LowRank(24, 20, 3) : Full(24, 20)),
                Case("all_of_rank_2", 20, 24, _ => LowRank(20, 24, 2)),
                Case("one_zero", 12, 10, k => k == 0 ? new(12, 10) : Full(12, 10)),
                Case("duplicates", 20, 18, k => models == 2 || k == 1 ? same : Full(20, 18)),
                Case("single_row", 1, 17, _ => Full(1, 17)), Case("single_column", 17, 1, _ => Full(17, 1)),
                Case("single_element", 1, 1, _ => Full(1, 1)),
            }.Where(c => except < 0 || (except == 0 ? c.Base.Rows : c.Base.Columns) > 1),
        ];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public Task Knots_of_sums(int models) => Compare(
        "knots", "inner: task_arithmetic, lambda: 0.5", TaskCase.All(models),
        t => BasisOracles.Knots(t, TaskArithmetic(models)), 0.5, Weight);

    [Theory]
    [InlineData(1, 0.5, 1e-5)]
    [InlineData(2, 0.6, 1e-5)]
    [InlineData(3, 1, 0.3)]
    [InlineData(4, 0.3, 1e-5)]
    public Task Knots_of_elections(int models, double density, double tolerance) => Compare(
        "knots", $"density: {density}, tolerance: {tolerance}", Distinct(models),
        t => BasisOracles.Knots(t, Ties(models, density), tolerance), 1, Weight);

    /// <summary>Ranks in rows, and other parameters of the inner method.</summary>
    [Fact]
    public Task Knots_of_trimmed_rows() => Compare(
        "knots", "inner: breadcrumbs_ties, scope: row, density: 0.6, gamma: 0.1", Distinct(2),
        t => BasisOracles.Knots(t, BasisOracles.ByElement("breadcrumbs_ties", Parameters(2, 0.6) with
        {
            Gamma = [0.1, 0.1], Words = new() { ["scope"] = "row" },
        })), 1, Weight);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public Task CoreSpace_of_sums(int models) => Compare(
        "core_space", "inner: task_arithmetic, lambda: 2", TaskCase.All(models),
        t => BasisOracles.CoreSpace(t, TaskArithmetic(models)), 2, Weight);

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 0.6)]
    [InlineData(3, 1)]
    [InlineData(4, 0.3)]
    public Task CoreSpace_of_elections(int models, double density) => Compare(
        "core_space", $"density: {density}", Distinct(models),
        t => BasisOracles.CoreSpace(t, Ties(models, density)), 1, Weight);

    [Theory]
    [InlineData(1, "horizontal", 0.8)]
    [InlineData(2, "horizontal", 0.8)]
    [InlineData(2, "vertical", 0.8)]
    [InlineData(3, "vertical", 0.3)]
    [InlineData(4, "horizontal", 0.5)]
    [InlineData(3, "horizontal", 0)]
    public Task Drm(int models, string direction, double drop) => Compare(
        "drm", $"direction: {direction}, drop: {drop}, lambda: 1.5",
        Distinct(models, except: direction == "vertical" ? 0 : 1),
        t => BasisOracles.Drm(t, direction == "vertical", drop), 1.5);

    [Fact]
    public Task Drm_weighted_of_many_directions() => Compare(
        "drm", "drop: 0.6, tolerance: 0.3", Distinct(3, except: 1),
        t => BasisOracles.Drm(t, false, 0.6, 0.3, WeightsOf(3)), 1, Weight);

    [Theory]
    [InlineData(1, 1, 4096)]
    [InlineData(2, 1, 4096)]
    [InlineData(4, 1, 4096)]
    [InlineData(3, 0.8, 4096)]
    [InlineData(2, 1, 2)]
    public Task Stf(int models, double energy, int maxRank) => Compare(
        "stf", $"energy: {energy}, max_rank: {maxRank}, lambda: 0.7", TaskCase.All(models),
        t => BasisOracles.Stf(t, energy: energy, maxRank: maxRank), 0.7);

    [Theory]
    [InlineData(1, 1e-8, 1)]
    [InlineData(2, 1e-8, 1)]
    [InlineData(4, 1e-3, 1)]
    [InlineData(3, 1e-6, 0.4)]
    public Task Wudi(int models, double ridge, double interpolation) => Compare(
        "wudi", $"ridge: {ridge}, interpolation: {interpolation}, lambda: 0.5", TaskCase.All(models),
        t => BasisOracles.Wudi(t, ridge, interpolation), 0.5);
}

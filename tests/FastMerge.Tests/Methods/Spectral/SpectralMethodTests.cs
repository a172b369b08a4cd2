using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>Whole merges by spectral methods against oracles in binary64, over the family of matrices.</summary>
public class SpectralMethodTests
{
    const double MostBound = 0.02;

    [Theory]
    [InlineData(1, 40)]
    [InlineData(2, 60)]
    [InlineData(3, 0)]
    [InlineData(4, 95)]
    public Task Star(int models, double eta) => Compare(
        "star", $"eta: {eta}, lambda: 1.5", TaskCase.All(models), t => SpectralOracles.Star(t, eta), 1.5);

    [Fact]
    public Task Star_weighted_of_known_rank() => Compare(
        "star", "eta: 80, rank: 1", TaskCase.All(3), t => SpectralOracles.Star(t, 80, 1, 2, 1, 0.5),
        perModel: k => $"weight: {2 / Math.Pow(2, k)}");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public Task IsoC(int models) => Compare(
        "iso_c", "lambda: 0.5", TaskCase.All(models), SpectralOracles.IsoC, 0.5);

    [Theory]
    [InlineData(1, 0.8)]
    [InlineData(2, 0.8)]
    [InlineData(3, 0.5)]
    [InlineData(4, 0.8)]
    [InlineData(4, 0)]
    [InlineData(2, 1)]
    public Task IsoCts(int models, double fraction) => Compare(
        "iso_cts", $"common_space_fraction: {fraction}", TaskCase.All(models),
        t => SpectralOracles.IsoCts(t, fraction));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public Task Tsv(int models) => Compare("tsv", "", TaskCase.All(models), t => SpectralOracles.Tsv(t));

    [Fact]
    public Task Tsv_weighted() => Compare(
        "tsv", "lambda: 2", TaskCase.All(2), t => SpectralOracles.Tsv(t, 1, 0.25), 2, k => $"weight: {1 - 0.75 * k}");

    [Theory]
    [InlineData(1, 0.5, null, 1)]
    [InlineData(2, 0.5, null, 0.5)]
    [InlineData(3, 0.01, 0.25, 2)]
    public async Task Lore(int models, double mu, double? relative, double lambda)
    {
        var cases = TaskCase.All(models);
        await Compare(
            "lore", $"mu: {mu}, lambda: {lambda}" + (relative is null ? "" : $", mu_relative: {relative}"),
            [.. cases.Select(c => c with { Base = 0 * c.Base })],
            t => SpectralOracles.Lore(t, mu, relative, lambda));
    }

    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(3, 0.25)]
    public Task Twin(int models, double density) => Compare(
        "twin", $"density: {density}", TaskCase.All(models), t => SpectralOracles.Twin(t, density));

    [Fact]
    public Task Twin_with_gates() => Compare(
        "twin", "density: 0.25, lambda: 0.4", TaskCase.All(2),
        t => SpectralOracles.Twin(t, 0.25, 0.4, [0.9, -0.2], [1, 0.5]),
        perModel: k => k == 0 ? "gate: 0.9" : "gate: -0.2, weight: 0.5");

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(3, 0.2, 0.4)]
    [InlineData(4, 0.5, 1)]
    public Task Svc_of_task_arithmetic(int models, double alpha, double lambda) => Compare(
        "svc", $"inner: task_arithmetic, lambda: {lambda}, svc_alpha: {alpha}", TaskCase.All(models),
        t => SpectralOracles.Svc(lambda * RealMatrix.Sum(t), t, alpha), perModel: _ => "weight: 1");

    [Fact]
    public Task Svc_of_iso_c() => Compare(
        "svc", "inner: iso_c", [.. TaskCase.All(3).Where(c => c.Name is "single_row" or "single_column" or "zero")],
        t => SpectralOracles.Svc(SpectralOracles.IsoC(t), t));

    static Task Compare(
        string method, string parameters, TaskCase[] cases, Func<RealMatrix[], RealMatrix> oracle, double factor = 1,
        Func<int, string>? perModel = null) =>
        MatrixMerges.Compare(method, parameters, cases, oracle, factor, perModel, MostBound);
}

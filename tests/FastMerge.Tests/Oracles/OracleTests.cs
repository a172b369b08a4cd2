using FastMerge.Plan;
using FastMerge.Testing.Oracles;

namespace FastMerge.Tests.Oracles;

/// <summary>The oracles against values worked out by hand, so that they can be trusted as oracles.</summary>
public class OracleTests
{
    /// <summary>The base and three fine-tunes of eight elements, all multiples of 1/64.</summary>
    static readonly double[] Base = Over64(32, -16, 8, 64, -48, 4, 20, -26);

    static readonly double[][] TaskVectors =
    [
        Over64(6, 3, 0, 7, -10, 0, -24, -2), Over64(4, -12, 5, 8, 0, -3, -14, 6), Over64(-5, 0, 14, 11, -9, 0, 2, -13),
    ];

    static readonly double[][] Models =
        [.. TaskVectors.Select(d => d.Zip(Base, (left, right) => left + right).ToArray())];

    static readonly OracleParameters Weights = new()
    {
        Weight = [0.5, 0.3, 0.4], Density = [1, 1, 1], Gamma = [0.25, 0.25, 0.25],
    };

    static readonly OracleParameters Halves = Weights with { Density = [0.5, 0.5, 0.5] };

    static double[] Over64(params int[] values) => [.. values.Select(v => v / 64.0)];

    static double[] Run(string method, OracleParameters p, params double[][] models) =>
        MergeOracles.ByName[method](Base, models.Length == 0 ? Models : models, p);

    static void Near(double[] expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 6e-8));
    }

    [Fact]
    public void EveryMethod_HasAnOracle() => Assert.Equal(
        MethodCatalog.All.Select(m => m.Signature.Name), MergeOracles.ByName.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Linear_Normalized() => Near(
        [0.5286458, -0.2773437, 0.2174479, 1.1341146, -0.8619792, 0.0507812, 0.1119792, -0.4635417],
        Run("linear", Weights with { Normalize = true }));

    [Fact]
    public void Linear_NotNormalized() => Assert.Equal(
        [1.5, -2], MergeOracles.Linear([[1, 2], [2, -6]], new() { Weight = [0.5, 0.5], Normalize = false }));

    [Fact]
    public void Passthrough_ScalesIfAsked()
    {
        Assert.Equal([3, -4], MergeOracles.Passthrough([[3, -4]], new()));
        Assert.Equal([1.5, -2], MergeOracles.Passthrough([[3, -4]], new() { Scale = 0.5 }));
    }

    [Fact]
    public void Slerp_Arc() => Near(
        [0.5860706, -0.2868910, 0.1532440, 1.1211186, -0.8562608, 0.0463264, -0.0077684, -0.3958927],
        MergeOracles.Slerp(Models[0], [Models[1]], new() { T = 0.35 }));

    [Fact]
    public void Slerp_RightAngle()
    {
        var half = Math.Sqrt(0.5);
        Near([half, 2 * half], MergeOracles.Slerp([1, 0], [[0, 2]], new() { T = 0.5 }));
    }

    [Theory]
    [InlineData(2, 1.25)]
    [InlineData(-2, 0.25)]
    public void Slerp_StraightLineIfNearlyParallel(double other, double expected) =>
        Near([expected, 0.002], MergeOracles.Slerp([1, 0], [[other, 0.008]], new() { T = 0.25 }));

    [Fact]
    public void ModelStock_WholeTensor() => Near(
        [0.5138727, -0.2749709, 0.1777162, 1.0721380, -0.8027162, 0.0541764, 0.2126166, -0.4312209],
        Run("model_stock", Weights));

    [Fact]
    public void ModelStock_RowByRow() => Near(
        [0.5158352, -0.2785034, 0.1851739, 1.0823433, -0.7890533, 0.0563337, 0.2385042, -0.4247489],
        Run("model_stock", Weights with { FilterWise = true, RowLength = 4 }));

    [Fact]
    public void ModelStock_OpposedModelsGiveTheBase() =>
        Assert.Equal([1, 1], MergeOracles.ModelStock([1, 1], [[2, 1], [0, 1]], new()));

    [Fact]
    public void TaskArithmetic_Sum() => Near(
        [0.5343750, -0.2828125, 0.2359375, 1.1609375, -0.8843750, 0.0484375, 0.0718750, -0.4750000],
        Run("task_arithmetic", Weights));

    [Fact]
    public void TaskArithmetic_NormalizedWithLambda() => Near(
        [0.5200521, -0.2691406, 0.1897135, 1.0938802, -0.8283854, 0.0542969, 0.1721354, -0.4463542],
        Run("task_arithmetic", Weights with { Normalize = true, Lambda = 0.7 }));

    [Fact]
    public void TaskArithmetic_CancellingWeightsAreNoDivisor() => Near(
        [3], TaskVectorOracles.TaskArithmetic([1], [[2], [0]], new() { Weight = [1, -1], Normalize = true }));

    [Fact]
    public void Ties_HalfDensity() => Near(
        [0.5937500, -0.4375000, 0.3437500, 1.1341146, -0.8993056, 0.0625000, -0.0039062, -0.6093750],
        Run("ties", Halves with { Normalize = true }));

    [Fact]
    public void Ties_HalfDensityRescaled() => Near(
        [0.6037234, -0.4937500, 0.3763298, 1.1568706, -0.9178487, 0.0625000, -0.0534491, -0.6396277],
        Run("ties", Halves with { Normalize = true, Rescale = true }));

    [Fact]
    public void Ties_FullDensity() => Near(
        [0.5820312, -0.4375000, 0.2834821, 1.1341146, -0.8993056, 0.0156250, -0.0039062, -0.5138889],
        Run("ties", Weights with { Normalize = true }));

    [Fact]
    public void Ties_ZeroSumElectsPlus_NegativeWeightFlipsTheVote()
    {
        var p = new OracleParameters { Weight = [1, 1], Density = [1, 1] };
        Assert.Equal([5, 0], TaskVectorOracles.Ties([0, 0], [[5, 0], [-5, 0]], p));
        Assert.Equal([-7], TaskVectorOracles.Ties([0], [[5], [2]], p with { Weight = [-1, -1] }));
        Assert.Equal([double.NaN], TaskVectorOracles.Ties([0], [[5], [double.NaN]], p));
    }

    [Fact]
    public void Breadcrumbs_Band() => Near(
        [0.5343750, -0.2265625, 0.1484375, 1.1609375, -0.8062500, 0.0625000, 0.3250000, -0.3937500],
        Run("breadcrumbs", Halves));

    [Fact]
    public void BreadcrumbsTies_Band()
    {
        // Of 1 2 3 4 and 4 -3 2 1 the largest goes, then two stay: 0 2 3 0 and 0 -3 2 0.
        var p = new OracleParameters { Weight = [1, 2], Density = [0.5, 0.5], Gamma = [0.25, 0.25], Normalize = true };
        Near([0, -3, 7 / 3.0, 0], TaskVectorOracles.BreadcrumbsTies([0, 0, 0, 0], [[1, 2, 3, 4], [4, -3, 2, 1]], p));
    }

    [Fact]
    public void Dare_KeepsWhatTheMaskKeeps()
    {
        double[] x = [.. Enumerable.Range(1, 200).Select(i => (double)i)];
        var zero = new double[200];
        var p = new OracleParameters { Weight = [2], Density = [0.5], Seed = 7, Stream = 9 };
        var kept = x.Select((e, i) => PhiloxReference.Word(i, 0, 7, 9) >= 1u << 31 ? e : 0).ToArray();
        Assert.InRange(kept.Count(e => e != 0), 70, 130);
        Assert.Equal(kept.Select(e => 2 * e), TaskVectorOracles.DareLinear(zero, [x], p));
        var rescaled = TaskVectorOracles.DareTies(zero, [x], p with { Rescale = true, Normalize = true });
        Near([.. kept.Select(e => e * x.Sum() / kept.Sum())], rescaled);
    }

    [Theory]
    [InlineData(0, new[] { 0.0, 0, -5, 0 })]
    [InlineData(0.5, new[] { 3.0, 0, -5, 0 })]
    [InlineData(0.75, new[] { 3.0, -3, -5, 0 })]
    [InlineData(1, new[] { 3.0, -3, -5, 3 })]
    public void Largest_KeepsEqualMagnitudesByIndex(double density, double[] expected) =>
        Assert.Equal(expected, Sparsifiers.Largest([3, -3, -5, 3], 0, new() { Density = [density] }));

    [Theory]
    [InlineData(0.5, 0.25, new[] { 3.0, -3, 0, 0 })]
    [InlineData(0.75, 0.5, new[] { 3.0, -3, 0, 3 })]
    [InlineData(0.25, 0, new[] { 0.0, 0, -5, 0 })]
    [InlineData(0, 0.25, new[] { 0.0, 0, 0, 0 })]
    [InlineData(1, 0.5, new[] { 3.0, -3, -5, 3 })]
    public void Band_LeavesOutTheTop(double density, double gamma, double[] expected) =>
        Assert.Equal(expected, Sparsifiers.Band([3, -3, -5, 3], 0, new() { Density = [density], Gamma = [gamma] }));

    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u,
        0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_KnownAnswers(
        uint c0, uint c1, uint c2, uint c3, uint key0, uint key1, uint w0, uint w1, uint w2, uint w3) =>
        Assert.Equal([w0, w1, w2, w3], PhiloxReference.Words(c0, c1, c2, c3, key0, key1));

    [Fact]
    public void PhiloxWord_PlacesElementModelAndStream()
    {
        // Element 64 * 5 + 16 * 2 + 3: counter 83, word 2.
        var words = PhiloxReference.Words(83, 6 << 16, 0x55667788, 0x11223344, 0xddeeff00, 0x99aabbcc);
        Assert.Equal(words[2], PhiloxReference.Word(355, 6, 0x99aabbccddeeff00, 0x1122334455667788));
        var far = PhiloxReference.Words(0, 4, 0, 0, 0, 0);
        Assert.Equal(far[0], PhiloxReference.Word(1L << 36, 0, 0, 0));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 10000)]
    public void PhiloxMask_EndsAreExact(double density, int expected) =>
        Assert.Equal(expected, Enumerable.Range(0, 10000).Count(i => PhiloxReference.Keeps(i, density, 1, 2, 3)));

    [Fact]
    public void PhiloxMask_KeepsTheDensity() =>
        Assert.InRange(Enumerable.Range(0, 10000).Count(i => PhiloxReference.Keeps(i, 0.3, 1, 2, 3)), 2800, 3200);
}

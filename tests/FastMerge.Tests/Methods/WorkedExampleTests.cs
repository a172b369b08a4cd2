using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>Each method on eight numbers, against results computed from the published formulas.</summary>
public class WorkedExampleTests
{
    static MethodArguments Weighted => new MethodArguments().Set("weight", 0.5, 0.3, 0.4);

    [Fact]
    public void Linear() => Expect(
        "linear", Weighted,
        0.5286458, -0.2773437, 0.2174479, 1.1341146, -0.8619792, 0.0507812, 0.1119792, -0.4635417);

    [Fact]
    public void Linear_without_normalize_is_the_plain_weighted_sum()
    {
        var sum = Examples.Run("linear", Weighted.Set("normalize", false), null, Examples.Models);
        Assert.Equal(1.2f * 0.5286458f, sum[0], 1e-6);
        Assert.Equal(1.2f * 0.1119792f, sum[6], 1e-6);
    }

    [Fact]
    public void Slerp() => Examples.Near(
        [0.5860706, -0.2868910, 0.1532440, 1.1211186, -0.8562608, 0.0463264, -0.0077684, -0.3958927],
        Examples.Run("slerp", new MethodArguments().Set("t", 0.35), Examples.Models[0], Examples.Models[1]));

    [Fact]
    public void TaskArithmetic() => Expect(
        "task_arithmetic", Weighted,
        0.5343750, -0.2828125, 0.2359375, 1.1609375, -0.8843750, 0.0484375, 0.0718750, -0.4750000);

    [Fact]
    public void TaskArithmetic_normalized_with_lambda() => Expect(
        "task_arithmetic", Weighted.Set("normalize", true).Set("lambda", 0.7),
        0.5200521, -0.2691406, 0.1897135, 1.0938802, -0.8283854, 0.0542969, 0.1721354, -0.4463542);

    [Fact]
    public void Ties_keeping_half() => Expect(
        "ties", Weighted.Set("density", 0.5),
        0.5937500, -0.4375000, 0.3437500, 1.1341146, -0.8993056, 0.0625000, -0.0039062, -0.6093750);

    [Fact]
    public void Ties_keeping_half_rescaled() => Expect(
        "ties", Weighted.Set("density", 0.5).Set("rescale", true),
        0.6037234, -0.4937500, 0.3763298, 1.1568706, -0.9178487, 0.0625000, -0.0534491, -0.6396277);

    [Fact]
    public void Ties_keeping_all() => Expect(
        "ties", Weighted,
        0.5820312, -0.4375000, 0.2834821, 1.1341146, -0.8993056, 0.0156250, -0.0039062, -0.5138889);

    [Fact]
    public void Breadcrumbs() => Expect(
        "breadcrumbs", Weighted.Set("density", 0.5).Set("gamma", 0.25),
        0.5343750, -0.2265625, 0.1484375, 1.1609375, -0.8062500, 0.0625000, 0.3250000, -0.3937500);

    /// <summary>
    /// Of eight entries the two largest go, four remain: d1 = 6 3 . 7 . . . -2, d2 = 4 . 5 8 . . . 6,
    /// d3 = -5 . . 11 -9 . 2 . in 1/64; weighted 3 1.5 . 3.5 . . . -1, 1.2 . 1.5 2.4 . . . 1.8,
    /// -2 . . 4.4 -3.6 . 0.8 . ; the signs + + + + - + + + are elected.
    /// </summary>
    [Fact]
    public void BreadcrumbsTies() => Expect(
        "breadcrumbs_ties", Weighted.Set("density", 0.5).Set("gamma", 0.25),
        36.2 / 64, -14.5 / 64, 9.5 / 64, 74.3 / 64, -51.6 / 64, 4 / 64.0, 20.8 / 64, -24.2 / 64);

    /// <summary>Normalized, the sums are divided by the weights of those that agree.</summary>
    [Fact]
    public void BreadcrumbsTies_normalized() => Expect(
        "breadcrumbs_ties", Weighted.Set("density", 0.5).Set("gamma", 0.25).Set("normalize", true),
        (32 + 4.2 / 0.8) / 64, (-16 + 3.0) / 64, (8 + 5.0) / 64, (64 + 10.3 / 1.2) / 64, (-48 - 9.0) / 64, 4 / 64.0,
        (20 + 2.0) / 64, (-26 + 6.0) / 64);

    [Fact]
    public void ModelStock() => Expect(
        "model_stock", new(),
        0.5138727, -0.2749709, 0.1777162, 1.0721380, -0.8027162, 0.0541764, 0.2126166, -0.4312209);

    [Fact]
    public void ModelStock_for_each_row_of_four()
    {
        var merge = Examples.Merge("model_stock", new MethodArguments().Set("filter_wise", true), rowLength: 4);
        var merged = merge.Run(Examples.Stored(Examples.Base), [.. Examples.Models.Select(m => Examples.Stored(m)!)]);
        Examples.Near(
            [0.5158352, -0.2785034, 0.1851739, 1.0823433, -0.7890533, 0.0563337, 0.2385042, -0.4247489],
            merged.ToArray());
    }

    [Fact]
    public void Passthrough() => Assert.Equal(
        Examples.Models[1], Examples.Run("passthrough", new(), null, Examples.Models[1]));

    [Fact]
    public void Passthrough_scaled() => Assert.Equal(
        Examples.Base.Select(v => v * 0.75f),
        Examples.Run("passthrough", new MethodArguments().Set("scale", 0.75), null, Examples.Base));

    [Fact]
    public void Nuslerp_of_task_vectors() => Examples.Near(
        [0.5908644, -0.2978282, 0.1583073, 1.1282133, -0.8570309, 0.0425156, -0.0376346, -0.3876875],
        Examples.Run("nuslerp", new MethodArguments().Set("weight", 0.5, 0.3), Examples.Base, Examples.Models[..2]));

    [Fact]
    public void Nuslerp_of_rows_of_four() => Examples.Near(
        [0.5843222, -0.2922436, 0.1549327, 1.1196489, -0.8511980, 0.0450959, -0.0038675, -0.3922384],
        NuslerpByFour(new MethodArguments()));

    [Fact]
    public void Nuslerp_of_columns_of_two() => Examples.Near(
        [0.5823051, -0.2935474, 0.1708084, 1.1166701, -0.8480508, 0.0452561, -0.0029307, -0.3911139],
        NuslerpByFour(new MethodArguments().Set("nuslerp_row_wise", true)));

    [Fact]
    public void ArceeFusion() => Examples.Near(
        [0.5000000, -0.2500000, 0.1250000, 1.0000000, -0.7500000, 0.0625000, -0.0625000, -0.4062500],
        Examples.Run("arcee_fusion", new(), Examples.Base, Examples.Models[0]));

    /// <summary>Of 6 4 -5, 3 -12 0, . 5 14, 7 8 11, -10 . -9, . -3 ., -24 -14 2, -2 6 -13 in 1/64.</summary>
    [Fact]
    public void Magmax() => Expect(
        "magmax", new(), 38 / 64.0, -28 / 64.0, 22 / 64.0, 75 / 64.0, -58 / 64.0, 1 / 64.0, -4 / 64.0, -39 / 64.0);

    [Fact]
    public void Multislerp_of_task_vectors() => Expect(
        "multislerp", Weighted,
        0.5362499, -0.2991876, 0.2594432, 1.1875191, -0.8980324, 0.0441045, 0.0463271, -0.4820929);

    [Fact]
    public void Multislerp_of_models() => Examples.Near(
        [0.5387007, -0.2832966, 0.2177696, 1.1493709, -0.8726333, 0.0509429, 0.1085598, -0.4657279],
        Examples.Run("multislerp", Weighted, null, Examples.Models));

    [Fact]
    public void Karcher() => Examples.Near(
        [0.5361213, -0.3037236, 0.2244990, 1.1508373, -0.8591322, 0.0468657, 0.1219947, -0.4548144],
        Examples.Run("karcher", new(), null, Examples.Models));

    [Fact]
    public void Nearswap() => Examples.Near(
        [0.5500000, -0.2031250, 0.1250000, 1.0500000, -0.8000000, 0.0625000, 0.2625000, -0.4375000],
        Examples.Run("nearswap", new MethodArguments().Set("t", 0.05), Examples.Base, Examples.Models[0]));

    [Fact]
    public void Sce_of_everything() => Expect(
        "sce", new(), 0.5816357, -0.4375000, 0.2803004, 1.1335181, -0.8994526, 0.0156250, -0.0019284, -0.5122719);

    [Fact]
    public void Sce_of_the_half_that_varies_most() => Expect(
        "sce", new MethodArguments().Set("select_topk", 0.5),
        0.5000000, -0.4375000, 0.2705154, 1.0000000, -0.7500000, 0.0625000, 0.0007891, -0.5037024);

    [Fact]
    public void Ram() => Expect(
        "ram", new(), 0.5260417, -0.3203125, 0.2734375, 1.1354167, -0.8984375, 0.0156250, 0.1250000, -0.4531250);

    [Fact]
    public void RamplusTl() => Expect(
        "ramplus_tl", new(),
        0.5260417, -0.3203125, 0.2734375, 1.1354167, -0.8984375, 0.0146875, 0.1250000, -0.4531250);

    static float[] NuslerpByFour(MethodArguments arguments) => Examples
        .Merge("nuslerp", arguments.Set("weight", 0.5, 0.3).Set("nuslerp_flatten", false), rowLength: 4)
        .Run(null, [.. Examples.Models[..2].Select(m => Examples.Stored(m)!)]).ToArray();

    static void Expect(string method, MethodArguments arguments, params double[] expected) =>
        Examples.Near(expected, Examples.Run(
            method, arguments, method == "linear" ? null : Examples.Base, Examples.Models));
}

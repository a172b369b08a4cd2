using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;

namespace FastMerge.Tests.TestHelpers;

public class GoldenJudgeTests
{
    static readonly GoldenTolerance Exact = new("exact");
    static readonly GoldenTolerance Close = new("close", RelTol: 1e-3, AbsTolOfMax: 1e-4);
    static readonly GoldenTolerance Ulp = new("ulp", AbsTolOfMax: 1e-7, MaxUlp: 1, MaxFraction: 0.001);
    static readonly GoldenTolerance Select = new("select", RelTol: 1e-3, AbsTolOfMax: 1e-4, MaxFraction: 0.02);

    static Dictionary<string, StoredTensor> Tensors(float[] values, string dtype = "F32", string name = "w") =>
        new() { [name] = StoredTensor.Of(name, dtype, [values.Length], values) };

    static float[] Ramp(int count) => [.. Enumerable.Range(1, count).Select(i => i / 64f)];

    static float[] Changed(float[] values, int count, Func<float, float> change) =>
        [.. values.Select((v, i) => i < count ? change(v) : v)];

    static bool Passes(GoldenTolerance tolerance, float[] expected, float[] got, string dtype = "F32") =>
        GoldenJudge.Compare(tolerance, Tensors(expected, dtype), Tensors(got, dtype)).Count == 0;

    [Fact]
    public void EqualTensors_PassEveryKind()
    {
        foreach (var tolerance in (GoldenTolerance[])[Exact, Close, Ulp, Select])
            Assert.True(Passes(tolerance, Ramp(100), Ramp(100)), tolerance.Kind);
    }

    [Fact]
    public void Exact_OneBit_Fails()
    {
        Assert.False(Passes(Exact, Ramp(100), Changed(Ramp(100), 1, MathF.BitIncrement)));
        Assert.False(Passes(Exact, [0f], [-0f]));
    }

    [Fact]
    public void Close_OneElementOut_Fails()
    {
        Assert.True(Passes(Close, Ramp(100), Changed(Ramp(100), 100, v => v * 1.0009f)));
        Assert.False(Passes(Close, Ramp(100), Changed(Ramp(100), 1, v => v + 1e-3f)));
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("BF16")]
    [InlineData("F16")]
    public void Ulp_CountsUnitsOfTheDType(string dtype)
    {
        var ulp = dtype switch { "BF16" => 1f / 128, "F16" => 1f / 1024, _ => 1f / (1 << 23) };
        float[] ones = [.. Enumerable.Repeat(1f, 5000)];
        Assert.True(Passes(Ulp, ones, Changed(ones, 5, v => v + ulp), dtype));
        Assert.False(Passes(Ulp, ones, Changed(ones, 6, v => v + ulp), dtype));
        Assert.False(Passes(Ulp, ones, Changed(ones, 1, v => v + 2 * ulp), dtype));
    }

    [Fact]
    public void Ulp_ValuesThatCancelAlmostToZero_AreNotCounted()
    {
        float[] expected = [1f, 1e-9f];
        Assert.True(Passes(Ulp, expected, [1f, -3e-9f]));
        Assert.False(Passes(Ulp, expected, [1f, 2e-7f]));
    }

    [Fact]
    public void Select_FractionOut()
    {
        Assert.True(Passes(Select, Ramp(1000), Changed(Ramp(1000), 20, v => v + 1)));
        Assert.False(Passes(Select, Ramp(1000), Changed(Ramp(1000), 21, v => v + 1)));
        Assert.True(Passes(Select, Ramp(10), Changed(Ramp(10), 2, v => v + 1)));
        Assert.False(Passes(Select, Ramp(10), Changed(Ramp(10), 3, v => v + 1)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void NonFinite_InOneOnly_FailsEveryKind(float value)
    {
        foreach (var tolerance in (GoldenTolerance[])[Exact, Close, Ulp, Select])
        {
            Assert.False(Passes(tolerance, Ramp(100), Changed(Ramp(100), 1, _ => value)), tolerance.Kind);
            Assert.False(Passes(tolerance, Changed(Ramp(100), 1, _ => value), Ramp(100)), tolerance.Kind);
        }
    }

    [Fact]
    public void MissingUnexpectedShapeAndDType_AreNamed()
    {
        var two = Tensors(Ramp(4));
        two["v"] = StoredTensor.Of("v", "F32", [1], [1f]);
        Assert.Equal(["v: missing"], GoldenJudge.Compare(Close, two, Tensors(Ramp(4))));
        Assert.Equal(["v: unexpected"], GoldenJudge.Compare(Close, Tensors(Ramp(4)), two));
        Assert.Equal(["w: shape [5] instead of [4]"], GoldenJudge.Compare(Close, Tensors(Ramp(4)), Tensors(Ramp(5))));
        Assert.Equal(
            ["w: dtype BF16 instead of F32"], GoldenJudge.Compare(Close, Tensors(Ramp(4)), Tensors(Ramp(4), "BF16")));
    }

    [Fact]
    public void AmbiguousElements_MayBeAnyFiniteValue()
    {
        var mask = new Dictionary<string, StoredTensor> { ["w"] = new("w", "U8", [2], [0b0100_0000, 0b1000_0000]) };
        IReadOnlyList<string> With(int index, float value)
        {
            var got = Ramp(12);
            got[index] = value;
            return GoldenJudge.Compare(Close, Tensors(Ramp(12)), Tensors(got), mask);
        }
        Assert.Empty(With(1, 100f));
        Assert.Empty(With(8, 100f));
        Assert.Single(With(0, 100f));
        Assert.Single(With(9, 100f));
        Assert.Single(With(1, float.NaN));
    }

    [Fact]
    public void Manifest_SampleStrideAndAmbiguous_AreReadFromTheFolder()
    {
        using var temp = new TempFolder();
        File.WriteAllText(temp["golden/MANIFEST.json"], """
            {"inputs": {"a": {"stored": false}}, "cases": [{"name": "x", "method": "ties", "inputs": "a",
             "tolerance": {"kind": "close", "rtol": 1e-3, "atol_rel": 1e-4}, "sample_stride": 3}]}
            """);
        var sample = StoredTensor.Of("w", "F32", [3], [1f, 4f, 7f]);
        var whole = StoredTensor.Of("w", "F32", [2, 4], [1, 0, 0, 4, 0, 0, 9, 0]);
        SafetensorsFile.Write(temp["golden/x/model.sample.safetensors"], [sample]);
        SafetensorsFile.Write(temp["got/model.safetensors"], [whole]);
        var manifest = GoldenManifest.Load(temp["golden"]);
        var golden = Assert.Single(manifest.Cases);
        Assert.False(golden.HasInputs);
        Assert.Contains("1 of 3 elements", Assert.Single(GoldenJudge.Compare(manifest, golden, temp["got"])));

        SafetensorsFile.Write(temp["golden/x/ambiguous.safetensors"], [new("w", "U8", [1], [0b0010_0000])]);
        Assert.Empty(GoldenJudge.Compare(manifest, golden, temp["got"]));
    }
}

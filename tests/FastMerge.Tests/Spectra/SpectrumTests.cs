using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Spectra;

/// <summary>Spectra of models on disk against singular values by Jacobi rotations.</summary>
public class SpectrumTests
{
    static readonly TaskCase[] Cases = TaskCase.All(1);

    [Fact]
    public void Of_a_difference_to_a_base()
    {
        using var folder = Models();
        var spectra = Merger.Spectrum(
            folder["model.safetensors"], new() { Base = folder["base.safetensors"], Threads = 2 });
        Assert.Equal(Cases.Length, spectra.Matrices.Count);
        foreach (var found in spectra.Matrices)
            Compare(JacobiSvd.Of(Cases.Single(c => c.Name + ".weight" == found.Name).Tasks[0]).Values, found);
        Assert.Equal(["norm.weight"], spectra.Left);
        Assert.StartsWith("OpenBLAS", spectra.Library, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_the_weights_of_some_tensors()
    {
        using var folder = Models();
        var spectra = Merger.Spectrum(folder["model.safetensors"], new() { Tensors = "t?ll.*", Threads = 1 });
        var one = Cases.Single(c => c.Name == "tall");
        Compare(JacobiSvd.Of(one.Models[0]).Values, Assert.Single(spectra.Matrices));
    }

    [Fact]
    public void Stacks_of_experts_have_one_a_matrix()
    {
        using var folder = new TempFolder();
        var random = new Random(5);
        RealMatrix[] experts = [.. Enumerable.Range(0, 3).Select(_ => RealMatrix.Normal(6, 4, random))];
        SafetensorsFile.Write(folder["model.safetensors"], [StoredTensor.Of(
            "model.layers.0.mlp.experts.down_proj", "F32", [3, 6, 4], [.. experts.SelectMany(e => e.ToFloats())])]);
        var spectra = Merger.Spectrum(folder["model.safetensors"]);
        Assert.Equal([0, 1, 2], spectra.Matrices.Select(m => m.Index));
        foreach (var (expert, found) in experts.Zip(spectra.Matrices)) Compare(JacobiSvd.Of(expert).Values, found);
    }

    [Fact]
    public void NaN_is_counted_and_has_no_spectrum()
    {
        using var folder = new TempFolder();
        SafetensorsFile.Write(folder["model.safetensors"],
            [StoredTensor.Of("a.weight", "F32", [2, 3], [1, float.NaN, 3, float.PositiveInfinity, 5, 6])]);
        var found = Assert.Single(Merger.Spectrum(folder["model.safetensors"]).Matrices);
        Assert.Equal((2, 0.0), (found.NonFinite, found.NuclearNorm));
    }

    [Fact]
    public void A_name_that_nothing_has_is_refused()
    {
        using var folder = Models();
        var e = Assert.Throws<FastMergeException>(
            () => Merger.Spectrum(folder["model.safetensors"], new() { Tensors = "mpl" }));
        Assert.Equal(FailureKind.Usage, e.Kind);
    }

    static TempFolder Models()
    {
        var folder = new TempFolder();
        Write(folder["base.safetensors"], c => c.Base, 1);
        Write(folder["model.safetensors"], c => c.Models[0], 2);
        return folder;
    }

    static void Write(string path, Func<TaskCase, RealMatrix> part, float norm) => SafetensorsFile.Write(path,
        Cases.Select(c => StoredTensor.Of(
            $"{c.Name}.weight", "F32", [c.Base.Rows, c.Base.Columns], part(c).ToFloats()))
        .Append(StoredTensor.Of("norm.weight", "F32", [3], [norm, norm, norm])));

    /// <summary>Values are good to 1e-7 of the largest, each; sums to as much for each value.</summary>
    static void Compare(double[] values, MatrixSpectrumReport found)
    {
        double largest = values[0], nuclear = values.Sum(), energy = values.Sum(v => v * v);
        var slack = 1e-6 * Math.Max(largest, double.Epsilon) * values.Length;
        Assert.InRange(found.NuclearNorm, nuclear - slack, nuclear + slack);
        Assert.Equal(Math.Sqrt(energy), found.FrobeniusNorm, 1e-6 * Math.Sqrt(energy) + double.Epsilon);
        Assert.Equal(largest, found.SpectralNorm, 1e-6 * largest + double.Epsilon);
        if (largest == 0)
        {
            Assert.Equal((0, 0), (found.EffectiveRank, found.StableRank));
            return;
        }
        Assert.Equal(energy / (largest * largest), found.StableRank, 1e-5 * values.Length);
        var entropy = values.Where(v => v > 0).Sum(v => -v / nuclear * Math.Log(v / nuclear));
        Assert.Equal(Math.Exp(entropy), found.EffectiveRank, 1e-4 * values.Length);
        foreach (var (share, rank) in MatrixSpectrumReport.EnergyShares.Zip(found.RankOf))
        {
            double Of(long count) => values.Take((int)count).Sum(v => v * v) / energy;
            Assert.True(Of(rank) >= share - 1e-6 && Of(rank - 1) <= share + 1e-6, $"{rank} for {share}");
        }
        Assert.Equal((33, 0, 1), (found.EnergyCurve.Count, found.EnergyCurve[0], Math.Round(found.EnergyCurve[32], 9)));
        Assert.Equal(found.EnergyCurve.Order(), found.EnergyCurve);
    }
}

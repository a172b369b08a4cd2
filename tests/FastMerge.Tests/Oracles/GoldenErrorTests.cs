using System.Globalization;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;
using Xunit.Abstractions;

namespace FastMerge.Tests.Oracles;

/// <summary>
/// How far merges and mergekit's outputs are from the same merge in binary64, as the root of the mean square error in
/// units in the last place of the output; an element counts as at least a 2^-20th of its tensor's largest. Cases whose
/// selections are ambiguous are left out, and tensors in which we differ from mergekit on purpose.
/// </summary>
public class GoldenErrorTests(ITestOutputHelper output)
{
    /// <summary>For a case in which mergekit has no error at all.</summary>
    const double Allowance = 1e-3;

    static GoldenManifest Manifest => GoldenMerges.Manifest;

    [Fact]
    public async Task Errors_AreNotLargerThanMergekits()
    {
        output.WriteLine("| case | ours, ulp | mergekit, ulp | ratio |\n|---|---|---|---|");
        var larger = new List<string>();
        foreach (var golden in Manifest.Cases.Where(IsDetermined))
        {
            var exact = GoldenMerges.ExactOf(golden);
            foreach (var name in golden.DeviatingTensors) exact.Remove(name);
            var ours = Error(exact, (await GoldenMerges.FolderOf(golden)).Tensors);
            var theirs = Error(exact, SafetensorsFile.ReadFolder(Manifest.CaseFolder(golden)));
            var line = string.Create(CultureInfo.InvariantCulture,
                $"| {golden.Name} | {ours:g4} | {theirs:g4} | {ours / theirs:f3} |");
            output.WriteLine(line);
            if (!(ours <= 1.05 * theirs || (theirs == 0 && ours <= Allowance))) larger.Add(line);
        }
        Assert.Empty(larger);
    }

    static bool IsDetermined(GoldenCase golden) => golden.HasInputs && golden.Tolerance.Kind != "select"
        && golden.SampleStride == 1
        && !File.Exists(Path.Combine(Manifest.CaseFolder(golden), "ambiguous.safetensors"));

    static double Error(
        Dictionary<string, ExactTensor> exact, IReadOnlyDictionary<string, StoredTensor> merged)
    {
        double sum = 0;
        long count = 0;
        foreach (var (name, tensor) in exact)
        {
            var other = merged[name];
            var least = tensor.Elements.Max(Math.Abs) * Math.ScaleB(1, -20);
            for (var i = 0; i < tensor.Elements.Length; i++, count++)
            {
                var value = StoredValues.Decode(other.DType, other.Data, i);
                var error = (value - tensor.Elements[i]) / UnitInLastPlace(
                    Math.Max(Math.Abs(tensor.Elements[i]), least), other.DType);
                sum += error * error;
            }
        }
        return Math.Sqrt(sum / count);
    }

    /// <summary>The distance of neighbouring numbers of a dtype at a value.</summary>
    static double UnitInLastPlace(double value, string dtype)
    {
        var (bits, lowest) = dtype switch
        {
            "F32" => (23, -126),
            "BF16" => (7, -126),
            "F16" => (10, -14),
            _ => throw new ArgumentException(dtype),
        };
        var exponent = value == 0 ? lowest : Math.Max(Math.ILogB(value), lowest);
        return Math.ScaleB(1, exponent - bits);
    }
}

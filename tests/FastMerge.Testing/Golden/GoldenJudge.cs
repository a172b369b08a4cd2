using FastMerge.Testing.Checkpoints;

namespace FastMerge.Testing.Golden;

/// <summary>Compares a merged checkpoint with a golden one, by the tolerance the golden manifest states.</summary>
public static class GoldenJudge
{
    const string SampleName = "model.sample.safetensors";
    const string AmbiguousName = "ambiguous.safetensors";

    /// <summary>What is wrong with the checkpoint in a folder; empty when nothing is.</summary>
    public static IReadOnlyList<string> Compare(GoldenManifest manifest, GoldenCase golden, string candidateFolder)
    {
        var folder = manifest.CaseFolder(golden);
        var sampled = golden.SampleStride > 1;
        var expected = sampled
            ? SafetensorsFile.Read(Path.Combine(folder, SampleName))
            : SafetensorsFile.ReadFolder(folder);
        var candidate = SafetensorsFile.ReadFolder(candidateFolder);
        var ambiguous = Path.Combine(folder, AmbiguousName);
        return Compare(
            golden.Tolerance,
            expected,
            sampled ? candidate.ToDictionary(t => t.Key, t => t.Value.Sample(golden.SampleStride)) : candidate,
            File.Exists(ambiguous) ? SafetensorsFile.Read(ambiguous) : null);
    }

    /// <summary>The same for tensors in memory; <paramref name="ambiguous"/> marks elements not compared.</summary>
    public static IReadOnlyList<string> Compare(
        GoldenTolerance tolerance,
        IReadOnlyDictionary<string, StoredTensor> expected,
        IReadOnlyDictionary<string, StoredTensor> candidate,
        IReadOnlyDictionary<string, StoredTensor>? ambiguous = null)
    {
        var unexpected = candidate.Keys.Where(name => !expected.ContainsKey(name));
        List<string> problems = [.. unexpected.Select(name => $"{name}: unexpected")];
        foreach (var (name, tensor) in expected)
        {
            var problem = candidate.TryGetValue(name, out var other)
                ? CompareTensor(tolerance, tensor, other, ambiguous?.GetValueOrDefault(name)?.Data)
                : "missing";
            if (problem != null) problems.Add($"{name}: {problem}");
        }
        return problems;
    }

    static string? CompareTensor(GoldenTolerance tolerance, StoredTensor expected, StoredTensor got, byte[]? ambiguous)
    {
        if (got.DType != expected.DType) return $"dtype {got.DType} instead of {expected.DType}";
        if (!got.Shape.SequenceEqual(expected.Shape))
            return $"shape [{string.Join(", ", got.Shape)}] instead of [{string.Join(", ", expected.Shape)}]";
        var largest = LargestFinite(expected);
        var tally = new Tally();
        for (var i = 0; i < expected.Count; i++)
            if (!IsAmbiguous(ambiguous, i) || !double.IsFinite(StoredValues.Decode(got.DType, got.Data, i)))
                CompareElement(tolerance, expected, got, i, largest, tally);
        return Verdict(tolerance, tally, expected.Count);
    }

    static void CompareElement(
        GoldenTolerance tolerance, StoredTensor expected, StoredTensor got, int i, double largest, Tally tally)
    {
        var x = StoredValues.Decode(expected.DType, expected.Data, i);
        var y = StoredValues.Decode(got.DType, got.Data, i);
        if (!double.IsFinite(x) || !double.IsFinite(y))
        {
            if (!x.Equals(y)) tally.NonFinite++;
            return;
        }
        var distance = Math.Abs(x - y);
        var floor = tolerance.AbsTolOfMax * largest;
        switch (tolerance.Kind)
        {
            case "exact":
                tally.Add(!expected.Bytes(i).SequenceEqual(got.Bytes(i)), distance);
                break;
            case "ulp":
                var units = distance <= floor ? 0 : Math.Abs(
                    StoredValues.OrderedBits(expected.DType, expected.Data, i)
                    - StoredValues.OrderedBits(got.DType, got.Data, i));
                tally.MaxUlp = Math.Max(tally.MaxUlp, units);
                tally.Add(units > 0, distance);
                break;
            case "close" or "select":
                tally.Add(distance > tolerance.RelTol * Math.Abs(x) + floor, distance);
                break;
            default:
                throw new ArgumentException($"no tolerance is called {tolerance.Kind}");
        }
    }

    static string? Verdict(GoldenTolerance tolerance, Tally tally, long count)
    {
        if (tally.NonFinite > 0) return $"{tally.NonFinite} of {count} elements are NaN or Inf in one of the two only";
        var allowed = tolerance.Kind switch
        {
            "ulp" => Math.Max(tolerance.MaxFraction * count, 4),
            "select" => Math.Max(tolerance.MaxFraction * count, 2),
            _ => 0,
        };
        if (tolerance.Kind == "ulp" && tally.MaxUlp > tolerance.MaxUlp)
            return $"{tally.MaxUlp} units in the last place, at most {tolerance.MaxUlp} are allowed";
        return tally.Out > allowed
            ? $"{tally.Out} of {count} elements are out of tolerance, {allowed:0} may be;"
                + $" largest distance {tally.MaxDistance:g3}"
            : null;
    }

    static double LargestFinite(StoredTensor tensor)
    {
        var largest = 0.0;
        for (var i = 0; i < tensor.Count; i++)
            if (Math.Abs(StoredValues.Decode(tensor.DType, tensor.Data, i)) is var size && double.IsFinite(size))
                largest = Math.Max(largest, size);
        return largest;
    }

    // Bits are packed most significant first.
    static bool IsAmbiguous(byte[]? mask, int index) =>
        mask != null && (mask[index >> 3] >> (7 - (index & 7)) & 1) != 0;

    sealed class Tally
    {
        public long Out, NonFinite, MaxUlp;
        public double MaxDistance;

        public void Add(bool isOut, double distance)
        {
            if (isOut) Out++;
            MaxDistance = Math.Max(MaxDistance, distance);
        }
    }
}

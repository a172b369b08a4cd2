using System.Globalization;
using System.Text.Json;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>
/// What random drops do on average, over several seeds, against figures of mergekit's own runs: how many entries stay,
/// how they are scaled, and how the mean of the outcomes follows the task vector.
/// </summary>
public class RandomStatisticsTests
{
    const double SlopeTolerance = 0.05;
    const int ManyElements = 2000;

    static readonly string Inputs = RepositoryFolder.Combine("tests", "golden", "mergekit", "inputs", "pub_t48");

    static readonly JsonElement Cases = JsonDocument.Parse(File.ReadAllBytes(
        RepositoryFolder.Combine("tests", "golden", "random", "expected.json"))).RootElement;

    public static TheoryData<string> Names() =>
        [.. Cases.EnumerateObject().Where(c => c.Value.ValueKind == JsonValueKind.Object).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Drops_HaveTheStatisticsOfTheirDensity(string name)
    {
        var expected = Cases.GetProperty(name);
        var models = expected.GetProperty("models").EnumerateArray().ToArray();
        var seeds = expected.GetProperty("seeds").GetInt32();
        var rowLengths = SafetensorsFile.ReadFolder(Path.Combine(Inputs, "base"))
            .ToDictionary(t => t.Key, t => (int)t.Value.Shape[^1]);
        var start = Floats(SafetensorsFile.ReadFolder(Path.Combine(Inputs, "base")));
        var full = start.ToDictionary(t => t.Key, t => new double[t.Value.Length]);
        foreach (var model in models)
            foreach (var (tensor, values) in Floats(SafetensorsFile.ReadFolder(Folder(model))))
                for (var i = 0; i < values.Length; i++)
                    full[tensor][i] += Number(model, "weight") * (values[i] - start[tensor][i]);
        var merged = new List<Dictionary<string, float[]>>();
        for (var seed = 0; seed < seeds; seed++) merged.Add(await Merge(expected, models, (ulong)seed));
        foreach (var tensor in expected.GetProperty("tensors").EnumerateObject())
            Judge(tensor, models, full[tensor.Name], [.. merged.Select(m =>
                m[tensor.Name].Zip(start[tensor.Name], (y, b) => (double)y - b).ToArray())], rowLengths[tensor.Name]);
    }

    static void Judge(
        JsonProperty expected, JsonElement[] models, double[] full, double[][] outcomes, int rowLength)
    {
        var where = expected.Name;
        double[] mean = [.. full.Select((_, i) => outcomes.Average(o => o[i]))];
        var slope = full.Zip(mean, (x, y) => x * y).Sum() / full.Sum(x => x * x);
        if (full.Length >= ManyElements)
            Near(Number(expected.Value, "slope_of_mean_delta_on_full_delta"), slope, SlopeTolerance, where);
        if (models.Length > 1) return;

        int[] changed = [.. Enumerable.Range(0, full.Length).Where(i => full[i] != 0)];
        if (changed.Length == 0) return;
        var kept = outcomes.SelectMany(o => changed.Where(i => o[i] != 0).Select(i => o[i] / full[i])).ToArray();
        var rate = (double)kept.Length / (changed.Length * outcomes.Length);
        var density = Number(models[0], "density");
        var ranked = models[0].TryGetProperty("epsilon", out _);
        if (!ranked)
            Near(density, rate, 5 * Math.Sqrt(density * (1 - density) / (changed.Length * outcomes.Length)), where);
        if (full.Length < ManyElements) return;
        if (ranked)
        {
            Near(Number(expected.Value, "keep_rate"), rate, 0.02, where);
            JudgeRanks(expected, full, outcomes, rowLength);
        }
        Near(Number(expected.Value, "scale_of_kept"), kept.Average(), 0.05 * kept.Average(), where);
        Near(Number(expected.Value, "l1_ratio_out_to_full"),
            outcomes.Average(o => o.Sum(Math.Abs)) / full.Sum(Math.Abs), 0.01, where);
    }

    /// <summary>How many stay of each fifth of the ranks within the rows, the smallest first.</summary>
    static void JudgeRanks(JsonProperty expected, double[] full, double[][] outcomes, int rowLength)
    {
        var (kept, all) = (new double[5], new double[5]);
        foreach (var row in full.Select((_, i) => i).Chunk(rowLength))
        {
            int[] order = [.. row.OrderBy(i => Math.Abs(full[i])).ThenBy(i => i)];
            for (var rank = 0; rank < order.Length; rank++)
                if (full[order[rank]] != 0)
                {
                    all[rank * 5 / order.Length] += outcomes.Length;
                    kept[rank * 5 / order.Length] += outcomes.Count(o => o[order[rank]] != 0);
                }
        }
        var fifths = expected.Value.GetProperty("keep_rate_by_rank_fifth").EnumerateArray().ToArray();
        for (var i = 0; i < 5; i++)
            if (all[i] > 0) Near(fifths[i].GetDouble(), kept[i] / all[i], 0.04, $"{expected.Name}, fifth {i}");
    }

    static async Task<Dictionary<string, float[]>> Merge(JsonElement expected, JsonElement[] models, ulong seed)
    {
        var lines = models.Select(m => $"- model: {Folder(m)}\n  parameters: {{"
            + string.Join(", ", m.EnumerateObject().Where(p => p.Name != "fine_tune")
                .Select(p => $"{p.Name}: {p.Value.GetRawText()}")) + "}");
        var globals = expected.GetProperty("parameters").GetRawText();
        var recipe = $"merge_method: {expected.GetProperty("method").GetString()}\nbase_model: {Inputs}/base\n"
            + $"models:\n{string.Join('\n', lines)}\nparameters: {globals}\ndtype: float32\n";
        using var folder = new TempFolder();
        await Merger.MergeAsync(RecipeSource.Yaml(recipe), folder.Root, new MergeOptions { Seed = seed });
        return Floats(SafetensorsFile.ReadFolder(folder.Root));
    }

    static Dictionary<string, float[]> Floats(IReadOnlyDictionary<string, StoredTensor> tensors) =>
        tensors.ToDictionary(t => t.Key, t => t.Value.ToFloats());

    static string Folder(JsonElement model) =>
        Path.Combine(Inputs, "ft" + model.GetProperty("fine_tune").GetInt32().ToString(CultureInfo.InvariantCulture));

    static double Number(JsonElement json, string name) => json.GetProperty(name).GetDouble();

    static void Near(double expected, double actual, double tolerance, string where) => Assert.True(
        Math.Abs(expected - actual) <= tolerance, $"{where}: {actual} instead of {expected} by {tolerance}");
}

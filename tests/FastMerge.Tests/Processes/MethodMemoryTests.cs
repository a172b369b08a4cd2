using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>The memory of a merge by every method, with one tensor larger than the budget, as the system counts
/// it.</summary>
public sealed partial class MethodMemoryTests(MethodMemoryTests.Checkpoints checkpoints)
    : IClassFixture<MethodMemoryTests.Checkpoints>
{
    const long RuntimeBytes = 96 << 20;
    const long Budget = 64 << 20;

    /// <summary>What a method cannot do without, and switches that change what it keeps in memory.</summary>
    static readonly (string Method, string Parameters)[] Variants =
    [
        ("ties", "density: 0.3, rescale: true"), ("ties", "density: 0.3, rescale: true, scope: model"),
        ("breadcrumbs", "density: 0.5, gamma: 0.05, scope: row"), ("breadcrumbs", "density: 0.5, gamma: 0.05"),
        ("breadcrumbs_ties", "density: 0.5, gamma: 0.05"), ("consensus_ties", "density: 0.3"),
        ("dare_linear", "density: 0.5"), ("dare_ties", "density: 0.5"), ("della", "density: 0.5, epsilon: 0.2"),
        ("della_linear", "density: 0.5, epsilon: 0.2"), ("model_stock", "filter_wise: true"), ("model_stock", ""),
        ("nuslerp", ""), ("nuslerp", "nuslerp_flatten: false"),
        ("nuslerp", "nuslerp_flatten: false, nuslerp_row_wise: true"), ("pcb", "density: 0.1"),
        ("pcb", "density: 0.1, scope: model"), ("metagpt", "scope: tensor"), ("metagpt", ""),
        ("sce", "select_topk: 0.2"), ("sce", ""), ("slerp", "t: 0.3"), ("nearswap", "t: 0.001"),
        ("cape", "alpha: 0.5"), ("assembly_of_experts", "threshold: 0.0001"), ("assembly_of_experts", ""),
        ("sparse_soup", "mask: majority"), ("lm_cocktail", "loss: 1"), ("greedy_soup", "scores: SCORES"),
    ];

    public static TheoryData<string, string, string> Every() => Cases(
        [.. Variants, .. MethodCatalog.All.Select(m => m.Signature.Name)
            .Where(name => Variants.All(v => v.Method != name)).Select(name => (name, ""))]);

    public static TheoryData<string, string, string> Few() => Cases(
        Variants.Where(v => v.Method is "della" || v.Parameters.Contains("model", StringComparison.Ordinal)
            || v.Parameters is "filter_wise: true" or "nuslerp_flatten: false"));

    [Theory]
    [MemberData(nameof(Few))]
    public void Peak_StaysBelowThePlans(string method, string parameters, string mode) =>
        Measure(checkpoints.Small, method, parameters, mode);

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Every))]
    public void Peak_OfEveryMethod_StaysBelowThePlans(string method, string parameters, string mode) =>
        // Of matrices as a whole the largest decides, and many take long.
        Measure(MethodCatalog.Find(method)!.UsesMatrices ? checkpoints.Small : checkpoints.Large,
            method, parameters, mode);

    static void Measure(TempFolder models, string method, string parameters, string mode)
    {
        var recipe = models[$"{Guid.NewGuid():n}.yml"];
        File.WriteAllText(recipe, Recipe(models, MethodCatalog.Find(method)!.Signature, parameters));
        var (memory, planned) = Plan(recipe, mode, Budget);
        var peak = ProcessChecks.PeakOf(
            "merge", recipe, "--memory", $"{memory}", "--sink", "hash", "--io", mode, "--threads", "2");
        Assert.InRange(planned, 1, memory);
        Assert.InRange(peak, 1, planned + RuntimeBytes);
    }

    /// <summary>The budget, or the least that the program says would do, and the peak that it plans.</summary>
    static (long Memory, long Peak) Plan(string recipe, string mode, long memory)
    {
        var plan = ProgramRun.Run(
            "plan", recipe, "--json", "--memory", $"{memory}", "--io", mode, "--threads", "2");
        if (plan.ExitCode == 0)
        {
            var found = plan.Output.Split('\n').Select(line => JsonNode.Parse(line)!.AsObject())
                .First(line => (string?)line["event"] == "plan");
            return (memory, (long)found["peak_memory_bytes"]!);
        }
        var least = Least().Match(plan.Errors);
        Assert.True(least.Success && memory == Budget, plan.Errors);
        return Plan(recipe, mode, long.Parse(least.Groups[1].Value, CultureInfo.InvariantCulture) << 20);
    }

    static string Recipe(TempFolder models, MethodSignature signature, string parameters)
    {
        var usesBase = signature.Base is BaseUse.Required or BaseUse.EndPoint;
        var count = Math.Min(signature.MaxModels, 3);
        var names = new[] { "one", "two", "three" }.Take(count).ToList();
        if (signature.Base == BaseUse.EndPoint) names.Insert(0, "base");
        var needsWeight = signature.Parameters.Any(p => p is PerModel { Name: "weight" } or Inner);
        var scores = models["scores.csv"];
        string Average(Func<int, bool> isIn, string score) =>
            string.Join(',', names.Select((_, i) => isIn(i) ? "1" : "0").Append(score)) + "\n";
        File.WriteAllText(scores, $"{string.Join(',', names)},score\n"
            + string.Concat(names.Select((_, row) => Average(i => i == row, $"{9 - row}")))
            + Average(i => i < 2, "9.5") + Average(_ => true, "9.2"));
        return $"merge_method: {signature.Name}\n" + (usesBase ? $"base_model: {models["base"]}\n" : "")
            + $"parameters: {{{parameters.Replace("SCORES", scores, StringComparison.Ordinal)}}}\nmodels:\n"
            + string.Concat(names.Select(
                n => $"- model: {models[n]}\n" + (needsWeight ? "  parameters: {weight: 0.5}\n" : "")));
    }

    static TheoryData<string, string, string> Cases(IEnumerable<(string, string)> variants)
    {
        var cases = new TheoryData<string, string, string>();
        foreach (var (method, parameters) in variants)
            foreach (var mode in (string[])["mmap", "read"])
                cases.Add(method, parameters, mode);
        return cases;
    }

    [GeneratedRegex(@"--memory (\d+)MiB would do")]
    private static partial Regex Least();

    /// <summary>A base and three fine-tunes with an embedding of 100 MB, written when first asked for.</summary>
    public sealed class Checkpoints : IDisposable
    {
        readonly Lazy<TempFolder> _small = new(() => Write(1));
        readonly Lazy<TempFolder> _large = new(() => Write(12));

        /// <summary>The embedding and one layer.</summary>
        public TempFolder Small => _small.Value;

        /// <summary>300 MB each.</summary>
        public TempFolder Large => _large.Value;

        public void Dispose()
        {
            foreach (var folder in new[] { _small, _large })
                if (folder.IsValueCreated) folder.Value.Dispose();
        }

        static TempFolder Write(int layers)
        {
            var folder = new TempFolder();
            (string Name, string DType, long[] Shape)[] tensors =
            [
                ("model.embed_tokens.weight", "BF16", [32000, 1600]),
                .. Enumerable.Range(0, layers).SelectMany(i => new (string, string, long[])[]
                {
                    ($"model.layers.{i}.input_layernorm.weight", "BF16", [2048]),
                    ($"model.layers.{i}.mlp.up_proj.weight", "BF16", [4096, 2048]),
                }),
            ];
            var bytes = tensors.Sum(t => t.Shape.Aggregate(2L, (a, b) => a * b));
            var common = Block(1);
            foreach (var (model, seed) in new[] { "base", "one", "two", "three" }.Select((m, i) => (m, i)))
            {
                // Low bits of the mantissa differ from model to model.
                var (block, own) = (common.ToArray(), Block(seed + 2));
                for (var i = 0; seed > 0 && i < block.Length; i += 2) block[i] ^= (byte)(own[i] & 0x1f);
                using var file = File.Create(folder[$"{model}/model.safetensors"]);
                file.Write(SafetensorsFile.Header(tensors));
                for (var left = bytes; left > 0; left -= block.Length)
                    file.Write(block.AsSpan(0, (int)Math.Min(left, block.Length)));
                File.WriteAllText(folder[$"{model}/config.json"], """{"model_type": "x"}""");
            }
            return folder;
        }

        /// <summary>BF16 numbers from 2^-9 to 2^-5 and their negatives; an odd number of them.</summary>
        static byte[] Block(int seed)
        {
            var (bytes, random) = (new byte[2 * 2_097_143], new Random(seed));
            random.NextBytes(bytes);
            for (var i = 1; i < bytes.Length; i += 2) bytes[i] = (byte)((bytes[i] & 0x81) + 0x3b);
            return bytes;
        }
    }
}

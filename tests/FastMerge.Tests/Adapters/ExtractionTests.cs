using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Extraction;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Adapters that are extracted, read back as <c>base+adapter</c>.</summary>
public class ExtractionTests : IDisposable
{
    const string Q = "model.layers.0.self_attn.q_proj";
    const string Conv = "model.conv";

    readonly AdapterScene _scene = new();

    public void Dispose() => _scene.Dispose();

    /// <summary>A base, and a model whose weights differ from it by matrices of some rank.</summary>
    void Write(int rank, string? config = null, float noise = 0)
    {
        StoredTensor[] before =
        [
            _scene.Random("model.embed_tokens.weight", "F32", 40, 24), _scene.Random("lm_head.weight", "F32", 40, 24),
            _scene.Random(Q + ".weight", "F32", 30, 24), _scene.Random(Q + ".bias", "F32", 30),
            _scene.Random(Conv + ".weight", "F32", 12, 5, 3, 3), _scene.Random("model.norm.weight", "F32", 24),
            _scene.Random("model.layers.0.mlp.up_proj.weight", "F32", 50, 24),
            _scene.Random("model.layers.1.mlp.up_proj.weight", "F32", 50, 24),
        ];
        var after = before.Select((t, i) =>
        {
            var values = t.ToFloats();
            if (t.Name.Contains("layers.1", StringComparison.Ordinal)) return t;
            if (t.Shape.Length < 2) return StoredTensor.Of(t.Name, "F32", t.Shape, [.. values.Select(v => v * 2)]);
            var (rows, columns) = ((int)t.Shape[0], values.Length / (int)t.Shape[0]);
            for (var k = 0; k < rank; k++)
            {
                var left = _scene.Random("u", "F32", rows).ToFloats();
                var right = _scene.Random("v", "F32", columns).ToFloats();
                for (var j = 0; j < values.Length; j++) values[j] += left[j / columns] * right[j % columns] / (1 << k);
            }
            var rough = _scene.Random("n", "F32", values.Length).ToFloats();
            for (var j = 0; j < values.Length; j++) values[j] += noise * rough[j];
            return StoredTensor.Of(t.Name, "F32", t.Shape, values);
        });
        _scene.Model("base", config, before);
        _scene.Model("tuned", config, [.. after]);
    }

    ExtractReport Extract(ExtractOptions options, string output = "lora") => Merger.ExtractLora(
        _scene["tuned"], _scene["base"], _scene[output], options with { Threads = 2, MemoryBytes = 512 << 20 });

    StoredTensor Tuned(string name) => SafetensorsFile.Read(_scene["tuned/model.safetensors"])[name];

    /// <summary>The largest difference between the model and base+adapter.</summary>
    async Task<double> ErrorOf(string name) => (await _scene.FoldAsync())[name].ToFloats()
        .Zip(Tuned(name).ToFloats(), (a, b) => Math.Abs(a - b)).Max();

    JsonObject Config => JsonNode.Parse(File.ReadAllText(_scene["lora/adapter_config.json"]))!.AsObject();

    [Theory]
    [InlineData(3, null)]
    [InlineData(3, "gpt2")]
    [InlineData(12, null)]
    public async Task OfTheRankThatIsThere_GivesTheModelBack(int rank, string? family)
    {
        Write(3, family is null ? null : $$"""{"model_type": "{{family}}"}""");
        var report = Extract(new() { Rank = rank, Full = true, Embeddings = true });
        foreach (var tensor in SafetensorsFile.Read(_scene["base/model.safetensors"]).Keys)
            Assert.True(await ErrorOf(tensor) < 3e-6, $"{tensor}: {await ErrorOf(tensor)}");
        Assert.Equal(1, report.Captured, 6);
        Assert.Empty(report.Left);
        Assert.All(report.Modules, m =>
            Assert.Equal(m.Module.Contains("layers.1", StringComparison.Ordinal) ? 0 : 3, m.Rank));
        Assert.Equal([Q + ".bias", "model.norm.weight"], report.Saved);
        Assert.Equal(new FileInfo(_scene["lora/adapter_model.safetensors"]).Length, report.Bytes);
        Assert.Equal(family is not null, (bool)Config["fan_in_fan_out"]!);
        Assert.Equal("all", (string?)Config["bias"]);
        Assert.Equal(["model.norm"], Config["modules_to_save"]!.AsArray().Select(m => (string?)m));
        Assert.Contains("model.layers.0.mlp.up_proj", Config["target_modules"]!.AsArray().Select(m => (string?)m));
        Assert.Contains("q_proj", Config["target_modules"]!.AsArray().Select(m => (string?)m));
    }

    [Fact]
    public async Task Without_Full_TheRestIsLeft_AndSaid()
    {
        Write(3);
        var report = Extract(new() { Rank = 3 });
        Assert.Equal(["lm_head.weight", "model.embed_tokens.weight", Q + ".bias", "model.norm.weight"],
            report.Left.Order(StringComparer.Ordinal).OrderBy(n => n.Length == 17));
        Assert.Contains(report.Warnings, w => w.StartsWith("4 tensors differ and are not in the adapter"));
        Assert.True(await ErrorOf(Q + ".weight") < 3e-6);
        Assert.Null(Config["modules_to_save"]);
        Assert.Equal("none", (string?)Config["bias"]);
    }

    [Fact]
    public async Task LowerRank_CapturesWhatTheSingularValuesSay()
    {
        Write(5, noise: 0.01f);
        var report = Extract(new() { Rank = 2 });
        var module = report.Modules.Single(m => m.Module == Q);
        var all = Extract(new() { Rank = 24 }, "all").Modules.Single(m => m.Module == Q);
        Assert.Equal(all.Energy, module.Energy, 3);
        Assert.Equal(24, all.Rank);
        Assert.Equal(1, all.Captured, 6);
        Assert.InRange(module.Captured, 0.5, 0.9999);
        // What is left out is the squared norm of the difference to the model with the adapter.
        var folded = (await _scene.FoldAsync())[Q + ".weight"].ToFloats();
        var rest = Tuned(Q + ".weight").ToFloats().Zip(folded, (a, b) => ((double)a - b) * ((double)a - b)).Sum();
        Assert.Equal((1 - module.Captured) * module.Energy, rest, 4);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    [InlineData(1.0)]
    public void Energy_IsReached_ByTheLeastRank(double part)
    {
        Write(6, noise: 0.02f);
        var report = Extract(new() { Energy = part });
        foreach (var module in report.Modules.Where(m => m.Energy > 0))
        {
            Assert.True(module.Captured >= part - 1e-9 || module.Rank == Math.Min(module.Rows, module.Columns),
                $"{module}");
            if (module.Rank == 1) continue;
            var less = Extract(new() { Rank = module.Rank - 1, Overwrite = true }, "less")
                .Modules.Single(m => m.Module == module.Module);
            Assert.True(less.Captured < part, $"{module} {less}");
        }
        var usual = report.Modules.Max(m => m.Rank);
        var patterns = report.Modules.Where(m => m.Rank > 0 && m.Rank < usual).ToDictionary(m => m.Module, m => m.Rank);
        foreach (var pattern in new[] { "rank_pattern", "alpha_pattern" })
            Assert.Equal(patterns, Config[pattern]!.AsObject().ToDictionary(p => p.Key, p => (int)p.Value!));
    }

    [Fact]
    public void Energy_BeyondTheLargestRank_IsSaid()
    {
        Write(6, noise: 0.02f);
        var report = Extract(new() { Energy = 0.999, MaxRank = 2 });
        Assert.All(report.Modules.Where(m => m.Energy > 0), m => Assert.Equal(2, m.Rank));
        Assert.Contains(report.Warnings, w => w.Contains("--max-rank allows more", StringComparison.Ordinal));
        Assert.DoesNotContain(Extract(new() { Energy = 0.3, Overwrite = true }).Warnings,
            w => w.Contains("--max-rank", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(6000)]
    [InlineData(12000)]
    public void Size_IsKept_AndUsed(long size)
    {
        Write(6, noise: 0.02f);
        var report = Extract(new() { SizeBytes = size });
        var bytes = SafetensorsFile.Read(_scene["lora/adapter_model.safetensors"]).Values.Sum(t => (long)t.Data.Length);
        Assert.InRange(bytes, size - 4 * 100, size);
        Assert.True(report.Captured > 0.3);
    }

    [Theory]
    [InlineData(DType.BF16, 0.01)]
    [InlineData(DType.F16, 0.001)]
    public async Task DType_OfFactors(DType dtype, double within)
    {
        Write(3);
        Extract(new() { Rank = 3, DType = dtype });
        Assert.All(SafetensorsFile.Read(_scene["lora/adapter_model.safetensors"]).Values,
            t => Assert.Equal(dtype.ToString(), t.DType));
        Assert.InRange(await ErrorOf(Q + ".weight"), 1e-7, within);
    }

    [Fact]
    public void IncludeAndExclude()
    {
        Write(2);
        var report = Extract(new() { Rank = 2, Include = ["mlp", "q_proj"], Exclude = [@"layers\.1"] });
        Assert.Equal(["model.layers.0.mlp.up_proj", Q], report.Modules.Select(m => m.Module));
    }

    [Fact]
    public void SameBytes_ForAnyThreadsChunksAndMemory()
    {
        Write(4, noise: 0.01f);
        byte[]? expected = null;
        foreach (var (threads, chunk, memory, input) in new[]
        {
            (1, 64 << 10, 64 << 20, InputMode.Mapped), (3, 1 << 20, 256 << 20, InputMode.Read),
            (2, 64 << 10, 64 << 20, InputMode.Direct),
        })
        {
            Merger.ExtractLora(_scene["tuned"], _scene["base"], _scene["lora"], new()
            {
                Rank = 4, Threads = threads, ChunkBytes = chunk, MemoryBytes = memory, Input = input, Overwrite = true,
            });
            var bytes = File.ReadAllBytes(_scene["lora/adapter_model.safetensors"]);
            Assert.Equal(expected ??= bytes, bytes);
        }
    }

    [Fact]
    public void Refusals_LeaveNothing()
    {
        Write(2);
        void Refuses(FailureKind kind, string expected, ExtractOptions options, string model = "tuned")
        {
            var failure = Assert.Throws<FastMergeException>(
                () => Merger.ExtractLora(_scene[model], _scene["base"], _scene["none"], options));
            Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
            Assert.Equal(kind, failure.Kind);
            Assert.False(Directory.Exists(_scene["none"]));
        }
        Refuses(FailureKind.Plan, "have equal weights", new(), "base");
        Refuses(FailureKind.Input, "nobody", new(), "nobody");
        Refuses(FailureKind.Usage, "accepted: one of them", new() { Rank = 3, Energy = 0.5 });
        Refuses(FailureKind.Usage, "energy 2", new() { Energy = 2 });
        Refuses(FailureKind.Usage, "dtype F64", new() { DType = DType.F64 });
        Refuses(FailureKind.Usage, "'(' is not accepted", new() { Include = ["("] });
        Refuses(FailureKind.Plan, "have no weight in common", new() { Include = ["nothing"] });
        Refuses(FailureKind.Plan, "holds none", new() { SizeBytes = 10 });
        Refuses(FailureKind.Resources, "memory", new() { MemoryBytes = 1000 });
        var tensors = SafetensorsFile.Read(_scene["tuned/model.safetensors"]);
        var values = tensors[Q + ".weight"].ToFloats();
        values[5] = float.NaN;
        tensors[Q + ".weight"] = StoredTensor.Of(Q + ".weight", "F32", [30, 24], values);
        _scene.Model("odd", null, [.. tensors.Values]);
        Refuses(FailureKind.NonFinite, Q, new(), "odd");
    }

    [Fact]
    public void OutputFolder_OfOthers_IsNotTouched()
    {
        Write(2);
        Extract(new() { Rank = 2 });
        var failure = Assert.Throws<FastMergeException>(() => Extract(new() { Rank = 2 }));
        Assert.Equal(FailureKind.Usage, failure.Kind);
        Extract(new() { Rank = 1, Overwrite = true });
        Assert.Equal(1, (int)Config["r"]!);
        File.WriteAllText(_scene["lora/mine.txt"], "keep");
        failure = Assert.Throws<FastMergeException>(() => Extract(new() { Rank = 2, Overwrite = true }));
        Assert.Contains("mine.txt", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors", "mine.txt"],
            Directory.GetFiles(_scene["lora"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
        Assert.Throws<FastMergeException>(() => Merger.ExtractLora(
            _scene["tuned"], _scene["base"], Path.Combine(_scene["tuned"], "inside"), new()));
    }

    [Fact]
    public void RankChoice_TakesMostEnergyForEachByte()
    {
        DifferenceSpectrum[] spectra = [new([3, 2, 1], 14, 10), new([4, 0.1, 1e-9], 16.01, 40), new([0], 0, 1)];
        Assert.Equal([3, 0, 0], RankChoice.ForSize(spectra, 39));
        Assert.Equal([3, 0, 0], RankChoice.ForSize(spectra, 59));
        Assert.Equal([2, 1, 0], RankChoice.ForSize(spectra, 60));
        Assert.Equal([3, 2, 0], RankChoice.ForSize(spectra, 1000));
        Assert.Equal(2, spectra[1].Count);
        Assert.Equal(1, spectra[0].RankFor(9.0 / 14));
        Assert.Equal(2, spectra[0].RankFor(0.9));
        Assert.Equal(0, spectra[2].RankFor(1));
        Assert.Throws<FastMergeException>(() => RankChoice.ForSize(spectra, 9));
    }
}

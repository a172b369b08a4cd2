using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Adapters that are extracted of fused experts, read back as <c>base+adapter</c>.</summary>
public class ExpertExtractionTests : IDisposable
{
    const string Q = "model.layers.0.self_attn.q_proj";
    const string Experts = "model.layers.0.mlp.experts";
    const string Up = Experts + ".gate_up_proj";
    const string Down = Experts + ".down_proj";
    const int E = 5, H = 12, M = 9;

    readonly AdapterScene _scene = new();

    public void Dispose() => _scene.Dispose();

    /// <summary>A base, and a model whose experts e differ from it by matrices of rank ranks(name, e).</summary>
    void Write(Func<string, int, int> ranks, float noise = 0, params (string Name, long[] Shape)[] tensors)
    {
        if (tensors.Length == 0) tensors = [(Up, [E, H, 2 * M]), (Down, [E, M, H]), (Q + ".weight", [20, H])];
        var before = _scene.Model("base", null, [.. tensors.Select(t => _scene.Random(t.Name, "F32", t.Shape))]);
        _scene.Model("tuned", null, [.. before.Select(t =>
        {
            var values = t.ToFloats();
            var (count, columns) = (t.Shape.Length > 2 ? (int)t.Shape[0] : 1, (int)t.Shape[^1]);
            var size = values.Length / count;
            for (var e = 0; e < count; e++)
                for (var k = 0; k < ranks(t.Name, e); k++)
                {
                    var left = _scene.Random("u", "F32", size / columns).ToFloats();
                    var right = _scene.Random("v", "F32", columns).ToFloats();
                    for (var j = 0; j < size; j++)
                        values[e * size + j] += left[j / columns] * right[j % columns] / (1 << k);
                }
            var rough = _scene.Random("n", "F32", values.Length).ToFloats();
            return StoredTensor.Of(t.Name, "F32", t.Shape, [.. values.Zip(rough, (v, r) => v + noise * r)]);
        })]);
    }

    ExtractReport Extract(ExtractOptions options, string output = "lora") => Merger.ExtractLora(
        _scene["tuned"], _scene["base"], _scene[output],
        options with { Threads = 2, MemoryBytes = 256 << 20, Overwrite = true });

    StoredTensor Tensor(string model, string name) => SafetensorsFile.Read(_scene[$"{model}/model.safetensors"])[name];

    SortedDictionary<string, StoredTensor> Factors =>
        new(SafetensorsFile.Read(_scene["lora/adapter_model.safetensors"]), StringComparer.Ordinal);

    /// <summary>The largest difference between the model and base+adapter.</summary>
    async Task<double> ErrorOf(string name) => (await _scene.FoldAsync())[name].ToFloats()
        .Zip(Tensor("tuned", name).ToFloats(), (a, b) => Math.Abs(a - b)).Max();

    JsonObject Config => JsonNode.Parse(File.ReadAllText(_scene["lora/adapter_config.json"]))!.AsObject();

    IEnumerable<string?> Words(string key) => Config[key]!.AsArray().Select(m => (string?)m);

    static string Key(string module, string factor) => $"base_model.model.{module}.lora_{factor}.weight";

    public static TheoryData<int?, double?, long?> Choices() => new()
    {
        { 3, null, null }, { 8, null, null }, { 1000, null, null }, { null, 1, null }, { null, null, 100_000 },
    };

    [Theory]
    [MemberData(nameof(Choices))]
    public async Task OfTheRankThatIsThere_GivesTheModelBack(int? rank, double? energy, long? size)
    {
        // Expert 0 is as it was; ranks of the others differ.
        Write((name, e) => name == Up ? e % 4 : name == Down ? e % 3 : 2);
        var report = Extract(new() { Rank = rank, Energy = energy, SizeBytes = size });
        foreach (var name in new[] { Up, Down, Q + ".weight" })
            Assert.True(await ErrorOf(name) < 3e-6, $"{name}: {await ErrorOf(name)}");
        Assert.Equal(1, report.Captured, 6);
        Assert.Empty(report.Left);
        Assert.Equal([(Down, 2, 5L, 9L, 12L), (Up, 3, 5, 12, 18), (Q, 2, 1, 20, 12)],
            report.Modules.Select(m => (m.Module, m.Rank, m.Experts, m.Rows, m.Columns)));
        Assert.Equal(["experts.down_proj", "experts.gate_up_proj"], Words("target_parameters"));
        Assert.Equal(["q_proj"], Words("target_modules"));
        Assert.Equal(new() { [Down] = 2, [Q] = 2 },
            Config["rank_pattern"]!.AsObject().ToDictionary(p => p.Key, p => (int)p.Value!));
    }

    [Fact]
    public void Factors_AreNamedAndLaidOutAsPeftDoes()
    {
        Write((name, e) => name == Up ? e % 4 : name == Down ? e % 3 : 2);
        Extract(new() { Rank = 4 });
        var factors = Factors;
        Assert.Equal(
        [
            Key(Experts + ".base_layer", "A"), Key(Experts + ".base_layer", "B"), Key(Experts, "A"), Key(Experts, "B"),
            Key(Q, "A"), Key(Q, "B"),
        ], factors.Keys);
        var (upA, upB) = (factors[Key(Experts + ".base_layer", "A")], factors[Key(Experts + ".base_layer", "B")]);
        Assert.Equal([E * 3, H], upA.Shape);
        Assert.Equal([2 * M, 3 * E], upB.Shape);
        AdapterScene.AssertClose(
            FoldOracle.Experts(Tensor("base", Up), upA, upB, 1, exchanged: false), Tensor("tuned", Up));
        AdapterScene.AssertClose(FoldOracle.Experts(Tensor("base", Down), factors[Key(Experts, "A")],
            factors[Key(Experts, "B")], 1, exchanged: false), Tensor("tuned", Down));
        // Expert 1 has one direction: zeros in place of the others, in A by expert and k, in B by k and expert.
        Assert.All(upA.ToFloats().Chunk(H).Skip(1 * 3 + 1).Take(2), row => Assert.All(row, v => Assert.Equal(0, v)));
        Assert.All(upB.ToFloats().Chunk(3 * E), row => Assert.Equal([0, 0], new[] { row[E + 1], row[2 * E + 1] }));
        Assert.All(upB.ToFloats().Chunk(3 * E).Skip(1), row => Assert.NotEqual(0, row[1]));
    }

    [Fact]
    public async Task OneParameterAlone_HasTheModulesName()
    {
        Write((name, _) => name == Up ? 0 : 2);
        Extract(new() { Rank = 2 });
        Assert.Equal([Key(Experts, "A"), Key(Experts, "B"), Key(Q, "A"), Key(Q, "B")], Factors.Keys);
        Assert.Equal(["experts.down_proj"], Words("target_parameters"));
        Assert.True(await ErrorOf(Down) < 3e-6);
        Assert.True(await ErrorOf(Up) == 0);
    }

    [Fact]
    public async Task WhereLayersDiffer_TargetsAreNamedWhole()
    {
        var other = Up.Replace(".0.", ".1.", StringComparison.Ordinal);
        Write((name, _) => name == other ? 0 : 2, 0, (Up, [E, H, 2 * M]), (other, [E, H, 2 * M]));
        Extract(new() { Rank = 2 });
        Assert.Equal([Up], Words("target_parameters"));
        Assert.Empty(Words("target_modules"));
        Assert.True(await ErrorOf(Up) < 3e-6);
    }

    [Theory]
    [InlineData(DType.F32)]
    [InlineData(DType.BF16)]
    public async Task LowerRank_LeavesWhatTheSingularValuesSay(DType dtype)
    {
        Write((_, _) => 4, noise: 0.02f);
        var report = Extract(new() { Rank = 2, DType = dtype });
        var all = Extract(new() { Rank = 100 }, "all");
        Assert.Equal(1, all.Captured, 6);
        Assert.All(Factors.Values, t => Assert.Equal(dtype.ToString(), t.DType));
        var merged = await _scene.FoldAsync();
        foreach (var module in report.Modules.Where(m => m.Experts > 1))
        {
            Assert.Equal(Math.Min(module.Rows, module.Columns),
                all.Modules.Single(m => m.Module == module.Module).Rank);
            var rest = Tensor("tuned", module.Module).ToFloats().Zip(merged[module.Module].ToFloats(),
                (a, b) => ((double)a - b) * ((double)a - b)).Sum();
            Assert.InRange(module.Captured, 0.5, 0.999);
            Assert.Equal((1 - module.Captured) * module.Energy, rest, dtype == DType.F32 ? 4 : 1);
        }
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    public void Energy_IsThatOfAllExperts_AndReachedByTheLeastRank(double part)
    {
        Write((_, e) => e, noise: 0.02f);
        foreach (var module in Extract(new() { Energy = part }).Modules.Where(m => m.Experts > 1))
        {
            Assert.True(module.Captured >= part, $"{module}");
            if (module.Rank == 1) continue;
            var less = Extract(new() { Rank = module.Rank - 1 }, "less").Modules.Single(m => m.Module == module.Module);
            Assert.True(less.Captured < part, $"{module} {less}");
        }
    }

    [Fact]
    public void Size_IsKept_AndUsed()
    {
        Write((_, e) => e, noise: 0.02f);
        const int OneRank = E * (H + 2 * M) * sizeof(float);
        var report = Extract(new() { SizeBytes = 6 * OneRank });
        Assert.InRange(Factors.Values.Sum(t => (long)t.Data.Length), 5 * OneRank, 6 * OneRank);
        Assert.All(report.Modules.Where(m => m.Experts > 1), m => Assert.InRange(m.Rank, 1, 8));
    }

    [Theory]
    [InlineData("square", "experts are square")]
    [InlineData("twins", "experts are as large as those of")]
    [InlineData("weight", "is taken for that of the weight")]
    public async Task WhatCouldNotBeReadBack_IsLeft_AndSaid(string what, string why)
    {
        (string, long[])[] unclear = what switch
        {
            "square" => [(Up, [E, H, H])],
            "twins" => [(Experts + ".w1", [E, H, M]), (Experts + ".w3", [E, M, H])],
            _ => [(Experts + ".weight", [E, H, M])],
        };
        Write((_, _) => 2, 0, [.. unclear, (Q + ".weight", [20, H])]);
        var report = Extract(new() { Rank = 2 });
        Assert.Equal(unclear.Select(u => u.Item1), report.Left);
        Assert.Equal([Q], report.Modules.Select(m => m.Module));
        Assert.Contains(report.Warnings, w => w.Contains(why, StringComparison.Ordinal)
            && w.Contains(unclear[0].Item1, StringComparison.Ordinal));
        Assert.Null(Config["target_parameters"]);
        Assert.True(await ErrorOf(Q + ".weight") < 3e-6);
        report = Extract(new() { Rank = 2, Full = true });
        Assert.Equal(unclear.Select(u => u.Item1), report.Saved);
        foreach (var (name, _) in unclear) Assert.Equal(0, await ErrorOf(name));
    }

    [Fact]
    public async Task TwinsOfWhichOneIsAskedFor_AreClear()
    {
        Write((_, _) => 2, 0, (Experts + ".w1", [E, H, M]), (Experts + ".w3", [E, H, M]));
        var report = Extract(new() { Rank = 2, Include = ["w3$"] });
        Assert.Equal([Experts + ".w1"], report.Left);
        Assert.True(await ErrorOf(Experts + ".w3") < 3e-6);
        Assert.Contains("are as large as", Assert.Throws<FastMergeException>(() => Extract(new())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task SavedTensorsOfTheExperts_AreBehindTheirWrappers()
    {
        const string Bias = Experts + ".gate_up_proj_bias";
        Write((_, _) => 2, 0, (Up, [E, H, 2 * M]), (Down, [E, M, H]), (Bias, [E, 2 * M]));
        var report = Extract(new() { Rank = 2, Full = true });
        Assert.Equal([Bias], report.Saved);
        Assert.Contains($"base_model.model.{Experts}.base_layer.base_layer.gate_up_proj_bias", Factors.Keys);
        Assert.Null(Config["modules_to_save"]);
        Assert.Equal(0, await ErrorOf(Bias));
        Assert.True(await ErrorOf(Up) < 3e-6);
    }

    [Fact]
    public async Task Memory_IsThatOfAnExpert_AndChangesNoBit()
    {
        const int Many = 300;
        Write((_, e) => e % 5, 0, (Up, [Many, 60, 130]));
        byte[]? expected = null;
        foreach (var (threads, chunk, memory, input) in new[]
        {
            (1, 64 << 10, 2 << 20, InputMode.Mapped), (3, 1 << 20, 256 << 20, InputMode.Read),
            (2, 64 << 10, 4 << 20, InputMode.Direct), // the difference has 9 MB
        })
        {
            Merger.ExtractLora(_scene["tuned"], _scene["base"], _scene["lora"], new()
            {
                Rank = 6, Threads = threads, ChunkBytes = chunk, MemoryBytes = memory, Input = input, Overwrite = true,
            });
            var bytes = File.ReadAllBytes(_scene["lora/adapter_model.safetensors"]);
            Assert.Equal(expected ??= bytes, bytes);
        }
        Assert.True(await ErrorOf(Up) < 3e-6);
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors"],
            Directory.GetFiles(_scene["lora"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AdaptersOfExperts_MergeToOne()
    {
        Write((_, _) => 2);
        Extract(new() { Rank = 2 });
        const string Recipe = "merge_method: task_arithmetic\nbase_model: $base\n"
            + "models: [{model: $base+$lora, parameters: {weight: 0.5}}, "
            + "{model: $tuned, parameters: {weight: 0.25}}]\n";
        var expected = await _scene.MergeAsync(Recipe + "out_dtype: float32");
        Merger.ExtractLora(_scene.Recipe(Recipe), _scene["base"], _scene["both"],
            new() { Rank = 4, Threads = 2, MemoryBytes = 256 << 20 });
        var found = await _scene.FoldAsync("both");
        foreach (var (name, tensor) in expected) AdapterScene.AssertClose(FoldOracle.Doubles(tensor), found[name]);
    }
}

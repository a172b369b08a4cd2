using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Every kind of update of a PEFT folder, against binary64.</summary>
public class AdapterFoldTests : IDisposable
{
    const string Q = "model.layers.0.self_attn.q_proj";
    const string V = "model.layers.0.self_attn.v_proj";

    readonly AdapterScene _scene = new();

    public void Dispose() => _scene.Dispose();

    static string Key(string rest) => "base_model.model." + rest;

    [Theory]
    [InlineData("F32", "F32", "{}", 1.5, 1.5)]
    [InlineData("BF16", "BF16", "{}", 1.5, 1.5)]
    [InlineData("F16", "F32", """{"lora_alpha": 0.5}""", 0.125, 0.125)]
    [InlineData("BF16", "F16", """{"use_rslora": true}""", 3, 3)]
    [InlineData("F32", "F32", """{"alpha_pattern": {"v_proj": 20}}""", 1.5, 5)]
    [InlineData("F32", "F32", """{"alpha_pattern": {"layers\\.0\\..*q_proj": 2, "proj": 1}}""", 0.5, 1.5)]
    [InlineData("F32", "F32", """{"alpha_pattern": {"^x": 2, ".*_proj": 8}, "use_rslora": true}""", 4, 4)]
    public async Task Plain(string dtype, string factorDType, string settings, double scaleQ, double scaleV)
    {
        var model = _scene.Model("base", null, _scene.Random(Q + ".weight", dtype, 70, 130),
            _scene.Random(V + ".weight", dtype, 9, 130), _scene.Random("norm.weight", dtype, 130));
        var factors = _scene.Adapter("lora", settings,
            [.. _scene.Factors(Q, factorDType, 130, 70), .. _scene.Factors(V, factorDType, 130, 9)]);
        var found = await _scene.FoldAsync();
        AdapterScene.AssertClose(
            FoldOracle.Linear(model[0], factors[0], factors[1], scaleQ), found[Q + ".weight"]);
        AdapterScene.AssertClose(
            FoldOracle.Linear(model[1], factors[2], factors[3], scaleV), found[V + ".weight"]);
        Assert.Equal(model[2].ToFloats(), found["norm.weight"].ToFloats());
    }

    [Fact]
    public async Task RankPattern()
    {
        var model = _scene.Model("base", null, _scene.Random(Q + ".weight", "F32", 8, 12),
            _scene.Random(V + ".weight", "F32", 8, 12));
        var factors = _scene.Adapter("lora", """{"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"v_proj": 1}}""",
            [.. _scene.Factors(Q, "F32", 12, 8, 2), .. _scene.Factors(V, "F32", 12, 8)]);
        var found = await _scene.FoldAsync();
        AdapterScene.AssertClose(FoldOracle.Linear(model[0], factors[0], factors[1], 3), found[Q + ".weight"]);
        AdapterScene.AssertClose(FoldOracle.Linear(model[1], factors[2], factors[3], 0.25), found[V + ".weight"]);
    }

    [Theory]
    [InlineData(20, 33)]
    [InlineData(24, 24)]
    public async Task FanInFanOut(int inputs, int outputs)
    {
        var model = _scene.Model("base", null, _scene.Random(Q + ".weight", "F32", inputs, outputs));
        var factors = _scene.Adapter(
            "lora", """{"fan_in_fan_out": true}""", _scene.Factors(Q, "F32", inputs, outputs));
        AdapterScene.AssertClose(FoldOracle.Transposed(model[0], factors[0], factors[1], 1.5),
            (await _scene.FoldAsync())[Q + ".weight"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Embedding(bool dora)
    {
        var model = _scene.Model("base", null, _scene.Random("model.embed_tokens.weight", "F32", 300, 16));
        StoredTensor[] parts =
        [
            _scene.Random(Key("model.embed_tokens.lora_embedding_A"), "F32", 4, 300),
            _scene.Random(Key("model.embed_tokens.lora_embedding_B"), "F32", 16, 4),
            _scene.Random(Key("model.embed_tokens.lora_magnitude_vector"), "F32", 300),
        ];
        _scene.Adapter("lora", dora ? """{"use_dora": true}""" : "{}", dora ? parts : parts[..2]);
        var expected = FoldOracle.Transposed(model[0], parts[0], parts[1], 1.5);
        AdapterScene.AssertClose(dora ? FoldOracle.Normed(expected, parts[2]) : expected,
            (await _scene.FoldAsync())["model.embed_tokens.weight"]);
    }

    [Theory]
    [InlineData("F32", 70, 130, "{\"use_dora\": true}")]
    [InlineData("BF16", 3, 40000, "{\"use_dora\": true, \"use_rslora\": true, \"lora_alpha\": 3}")]
    [InlineData("F32", 1, 1, "{\"use_dora\": true}")]
    public async Task Dora(string dtype, int outputs, int inputs, string settings)
    {
        var model = _scene.Model("base", null, _scene.Random(Q + ".weight", dtype, outputs, inputs));
        var factors = _scene.Adapter("lora", settings,
            [.. _scene.Factors(Q, "F32", inputs, outputs),
                _scene.Random(Key(Q + ".lora_magnitude_vector"), "F32", outputs)]);
        AdapterScene.AssertClose(
            FoldOracle.Normed(FoldOracle.Linear(model[0], factors[0], factors[1], 1.5), factors[2]),
            (await _scene.FoldAsync())[Q + ".weight"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Convolution(bool dora)
    {
        var model = _scene.Model("base", null, _scene.Random("conv.weight", "F32", 12, 5, 3, 3));
        StoredTensor[] parts =
        [
            _scene.Random(Key("conv.lora_A.weight"), "F32", 4, 5, 3, 3),
            _scene.Random(Key("conv.lora_B.weight"), "F32", 12, 4, 1, 1),
            _scene.Random(Key("conv.lora_magnitude_vector"), "F32", 1, 12, 1, 1),
        ];
        _scene.Adapter("lora", dora ? """{"use_dora": true}""" : "{}", dora ? parts : parts[..2]);
        var expected = FoldOracle.Linear(model[0], parts[0], parts[1], 1.5);
        AdapterScene.AssertClose(
            dora ? FoldOracle.Normed(expected, parts[2]) : expected, (await _scene.FoldAsync())["conv.weight"]);
    }

    [Fact]
    public async Task Bias_OfTheFactor_AndSavedBias()
    {
        var model = _scene.Model("base", null, _scene.Random(Q + ".weight", "F32", 8, 12),
            _scene.Random(Q + ".bias", "F32", 8), _scene.Random(V + ".bias", "F32", 8));
        var factors = _scene.Adapter("lora", """{"bias": "all", "lora_bias": true}""",
            [.. _scene.Factors(Q, "F32", 12, 8), _scene.Random(Key(Q + ".lora_B.bias"), "F32", 8),
                _scene.Random(Key(V + ".base_layer.bias"), "F32", 8)]);
        var found = await _scene.FoldAsync();
        var bias = FoldOracle.Doubles(factors[2]);
        AdapterScene.AssertClose(FoldOracle.Linear(model[0], factors[0], factors[1], 1.5), found[Q + ".weight"]);
        AdapterScene.AssertClose(
            [.. FoldOracle.Doubles(model[1]).Select((b, i) => b + 1.5 * bias[i])], found[Q + ".bias"]);
        Assert.Equal(factors[3].ToFloats(), found[V + ".bias"].ToFloats());
    }

    [Fact]
    public async Task SavedModule_ReplacesTheTensor_AndIsUpdated_InTheBaseDType()
    {
        _scene.Model("base", null,
            _scene.Random("norm.weight", "BF16", 12), _scene.Random(Q + ".weight", "BF16", 8, 12));
        var parts = _scene.Adapter("lora", "{}",
            [_scene.Random(Key("norm.modules_to_save.default.weight"), "F32", 12),
                _scene.Random(Key(Q + ".base_layer.weight"), "F32", 8, 12), .. _scene.Factors(Q, "F32", 12, 8)]);
        var found = await _scene.FoldAsync();
        Assert.Equal(parts[0].ToFloats(), found["norm.weight"].ToFloats());
        AdapterScene.AssertClose(FoldOracle.Linear(parts[1], parts[2], parts[3], 1.5), found[Q + ".weight"]);

        const string Recipe = "merge_method: passthrough\nmodels: [{model: $base+$lora}]";
        var source = Merger.Plan(_scene.Recipe(Recipe)).TensorPlans.Single(t => t.Name == "norm.weight").Sources[0];
        Assert.Equal((_scene["lora"], "norm.weight"), (source.Model, source.Tensor));
        var stored = await _scene.MergeAsync(Recipe);
        Assert.All(stored.Values, t => Assert.Equal("BF16", t.DType));
        foreach (var (name, tensor) in stored)
            Assert.Equal(StoredTensor.Of(name, "BF16", tensor.Shape, found[name].ToFloats()).Data, tensor.Data);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FusedExperts_OfTwoParameters(bool exchanged)
    {
        const string Experts = "model.layers.0.mlp.experts";
        const int E = 3, H = 10, M = 7, R = 4;
        var model = _scene.Model("base", null, _scene.Random(Experts + ".gate_up_proj", "BF16", E, H, 2 * M),
            _scene.Random(Experts + ".down_proj", "BF16", E, M, H));
        (long, long) Lengths(long first, long second) => exchanged ? (second, first) : (first, second);
        var ((upA, upB), (downA, downB)) = (Lengths(H, 2 * M), Lengths(M, H));
        var parts = _scene.Adapter("lora",
            """{"target_parameters": ["mlp.experts.gate_up_proj", "experts.down_proj"], "target_modules": []}""",
            _scene.Random(Key(Experts + ".base_layer.lora_A.weight"), "F32", R * E, upA),
            _scene.Random(Key(Experts + ".base_layer.lora_B.weight"), "F32", upB, R * E),
            _scene.Random(Key(Experts + ".lora_A.weight"), "F32", R * E, downA),
            _scene.Random(Key(Experts + ".lora_B.weight"), "F32", downB, R * E));
        var found = await _scene.FoldAsync();
        AdapterScene.AssertClose(FoldOracle.Experts(model[0], parts[0], parts[1], 1.5, exchanged),
            found[Experts + ".gate_up_proj"]);
        AdapterScene.AssertClose(FoldOracle.Experts(model[1], parts[2], parts[3], 1.5, exchanged),
            found[Experts + ".down_proj"]);
    }

    [Theory]
    [InlineData("h.0.attn.c_attn", "transformer.h.0.attn.c_attn", "")]
    [InlineData("model.h.0.attn", "h.0.attn", ".default")]
    public async Task NamesThatDifferByOneWordInFront(string stored, string module, string adapterName)
    {
        var model = _scene.Model("base", null, _scene.Random(stored + ".weight", "F32", 6, 5));
        StoredTensor[] parts =
        [
            _scene.Random(Key($"{module}.lora_A{adapterName}.weight"), "F32", 4, 5),
            _scene.Random(Key($"{module}.lora_B{adapterName}.weight"), "F32", 6, 4),
        ];
        _scene.Adapter("lora", "{}", parts);
        AdapterScene.AssertClose(FoldOracle.Linear(model[0], parts[0], parts[1], 1.5),
            (await _scene.FoldAsync())[stored + ".weight"]);
    }

    [Fact]
    public async Task TiedHead_ThatIsUpdated_BecomesItsOwn()
    {
        var model = _scene.Model("base", """{"model_type": "llama", "tie_word_embeddings": true}""",
            _scene.Random("model.embed_tokens.weight", "F32", 30, 6));
        var factors = _scene.Adapter("lora", "{}", _scene.Factors("lm_head", "F32", 6, 30));
        var found = await _scene.FoldAsync();
        AdapterScene.AssertClose(FoldOracle.Linear(model[0], factors[0], factors[1], 1.5), found["lm_head.weight"]);
        Assert.Equal(model[0].ToFloats(), found["model.embed_tokens.weight"].ToFloats());
        Assert.Contains("\"tie_word_embeddings\": false", File.ReadAllText(_scene["out/config.json"]),
            StringComparison.Ordinal);
    }
}

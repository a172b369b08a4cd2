using FastMerge.Core;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Adapters that are broken, or that cannot be folded: one line, the documented kind, before any
/// output.</summary>
public class HostileAdapterTests : IDisposable
{
    const string Q = "model.layers.0.self_attn.q_proj";

    readonly AdapterScene _scene = new();

    public HostileAdapterTests() => _scene.Model("base", null,
        _scene.Random(Q + ".weight", "F32", 8, 12), _scene.Random("model.norm.weight", "F32", 12),
        StoredTensor.Of("steps.weight", "F32", [2, 2], [1, 2, 3, 4]) with { DType = "I32" },
        _scene.Random("mlp.experts.square", "F32", 2, 6, 6), _scene.Random("mlp.experts.a", "F32", 2, 6, 5),
        _scene.Random("mlp.experts.b", "F32", 2, 5, 6));

    public void Dispose() => _scene.Dispose();

    static string Key(string rest) => "base_model.model." + rest;

    [Theory]
    [InlineData("""{"peft_type": "LOHA"}""", "peft_type is \"LOHA\"")]
    [InlineData("""{"peft_type": "IA3"}""", "peft_type is \"IA3\"")]
    [InlineData("""{"peft_type": null}""", "peft_type is missing or null")]
    [InlineData("""{"layer_replication": [[0, 2]]}""", "'layer_replication'")]
    [InlineData("""{"loftq_config": {"loftq_bits": 4}}""", "'loftq_config'")]
    [InlineData("""{"init_lora_weights": "pissa_niter_16"}""", "pissa_niter_16")]
    [InlineData("""{"init_lora_weights": "olora"}""", "olora")]
    [InlineData("""{"trainable_token_indices": [1]}""", "'trainable_token_indices'")]
    [InlineData("""{"alora_invocation_tokens": [1]}""", "'alora_invocation_tokens'")]
    [InlineData("""{"use_qalora": true}""", "'use_qalora'")]
    [InlineData("""{"r": 0}""", "'r' holds 0; accepted: a whole number")]
    [InlineData("""{"r": "8"}""", "'r' holds \"8\"")]
    [InlineData("""{"r": 8}""", "says rank 8")]
    [InlineData("""{"rank_pattern": {"q_proj": 2}}""", "says rank 2")]
    [InlineData("""{"rank_pattern": {"(q": 2}}""", "'rank_pattern' has the key '(q'")]
    [InlineData("""{"rank_pattern": {"(?!q)q": 2}}""", "'rank_pattern' has the key '(?!q)q'")]
    [InlineData("""{"rank_pattern": 4}""", "'rank_pattern' holds 4")]
    [InlineData("""{"alpha_pattern": {"q_proj": []}}""", "'alpha_pattern' holds []")]
    [InlineData("""{"lora_alpha": null}""", "'lora_alpha' holds missing or null")]
    [InlineData("""{"lora_alpha": 1e400}""", "'lora_alpha'")]
    [InlineData("""{"use_dora": 1}""", "'use_dora' holds 1; accepted: true or false")]
    [InlineData("""{"use_dora": true}""", "no lora_magnitude_vector")]
    [InlineData("""{"target_parameters": [3]}""", "'target_parameters'")]
    public void Settings(string settings, string expected)
    {
        _scene.Adapter("lora", settings, _scene.Factors(Q, "F32", 12, 8));
        _scene.Refuses(FailureKind.Input, expected);
    }

    [Fact]
    public void NaNAlpha()
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        var path = _scene["lora/adapter_config.json"];
        File.WriteAllText(path, File.ReadAllText(path).Replace(":6", ":NaN", StringComparison.Ordinal));
        _scene.Refuses(FailureKind.Input, "'lora_alpha' holds NaN");
        File.WriteAllText(path, File.ReadAllText(path).Replace(":NaN", ":-Infinity", StringComparison.Ordinal));
        _scene.Refuses(FailureKind.Input, "'lora_alpha' holds");
    }

    [Theory]
    [InlineData("adapter_model.safetensors", "is a PEFT adapter without adapter_model.safetensors")]
    [InlineData("adapter_config.json", "it is no PEFT adapter: adapter_config.json is missing")]
    public void MissingFile(string file, string expected)
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        File.Delete(_scene["lora/" + file]);
        _scene.Refuses(FailureKind.Input, expected);
    }

    [Fact]
    public void Pickle()
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        File.Move(_scene["lora/adapter_model.safetensors"], _scene["lora/adapter_model.bin"]);
        _scene.Refuses(FailureKind.Input, "'adapter_model.bin' (pickle weights)");
    }

    [Fact]
    public void NoSuchAdapter_IsNamedWithItsPlace() => _scene.Refuses(FailureKind.Input, "r.yml:2:", "nobody");

    [Theory]
    [InlineData("{\"peft_type\": \"LORA\", ", "not valid JSON")]
    [InlineData("[]", "JSON object")]
    [InlineData("\xff", "")]
    public void BrokenConfig(string text, string expected)
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        File.WriteAllBytes(_scene["lora/adapter_config.json"], [.. text.Select(c => (byte)c)]);
        _scene.Refuses(FailureKind.Input, expected);
    }

    public static TheoryData<string, string[], FailureKind, string> Files()
    {
        const string A = Q + ".lora_A.weight 4 12", B = Q + ".lora_B.weight 8 4";
        return new()
        {
            { "no B", [A], FailureKind.Input, $"module '{Q}' has no lora_B" },
            { "no A", [B], FailureKind.Input, $"module '{Q}' has no lora_A" },
            { "vector", [A, Q + ".lora_B.weight 8"], FailureKind.Input, "has shape [8]; accepted: a matrix" },
            { "empty", [A, Q + ".lora_B.weight 0 4"], FailureKind.Input, "has shape [0, 4]; accepted: a matrix" },
            { "twice", [A, B, Q + ".lora_A.default.weight 4 12"], FailureKind.Input, "is there twice" },
            { "half", [A, B, Q + ".lora_embedding_A 4 12"], FailureKind.Input, "has no lora_embedding_B" },
            { "magnitude", [A, B, Q + ".lora_magnitude_vector 8"], FailureKind.Input, "use_dora is not set" },
            { "narrow A", [Q + ".lora_A.weight 4 11", B], FailureKind.Plan, $"do not fit '{Q}.weight'" },
            { "other rank of B", [A, Q + ".lora_B.weight 8 3"], FailureKind.Plan, "do not fit" },
            { "turned", [Q + ".lora_embedding_A 4 12", Q + ".lora_embedding_B 8 4"], FailureKind.Plan, "do not fit" },
            { "other module", ["model.layers.0.self_attn.k_proj.lora_A.weight 4 12",
                "model.layers.0.self_attn.k_proj.lora_B.weight 8 4"], FailureKind.Plan, "nearest is" },
            { "unknown", [A, B, "prompt_embeddings 4 4"], FailureKind.Plan, "'prompt_embeddings', which" },
            { "integers", ["steps.lora_A.weight 4 2", "steps.lora_B.weight 2 4"], FailureKind.Plan, "has dtype I32" },
            { "saved", ["model.norm.weight 11"], FailureKind.Plan, "has shape [11], and 'model.norm.weight'" },
            { "bias of none", [A, B, Q + ".lora_B.bias 8"], FailureKind.Plan, "q_proj.bias', which" },
            { "updated twice", [A, B, "x." + A, "x." + B], FailureKind.Plan, "which another update changes too" },
        };
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Tensors(string what, string[] tensors, FailureKind kind, string expected)
    {
        Assert.NotEmpty(what);
        _scene.Adapter("lora", "{}", [.. tensors.Select(t => t.Split(' ')).Select(
            w => _scene.Random(Key(w[0]), "F32", [.. w[1..].Select(long.Parse)]))]);
        _scene.Refuses(kind, expected);
    }

    [Theory]
    [InlineData("square", 6, 6, "fits in 2 ways")]
    [InlineData("a,b", 6, 5, "fits in 2 ways ('mlp.experts.a' [2, 6, 5], 'mlp.experts.b' [2, 5, 6])")]
    [InlineData("a", 6, 4, "mlp.experts.weight', which")]
    [InlineData("none", 6, 5, "mlp.experts.weight', which")]
    public void Experts_OfUnclearShape(string targets, int inputs, int outputs, string expected)
    {
        var names = string.Join(", ", targets.Split(',').Select(t => $"\"experts.{t}\""));
        _scene.Adapter("lora", $$"""{"target_parameters": [{{names}}]}""",
            _scene.Random(Key("mlp.experts.lora_A.weight"), "F32", 8, inputs),
            _scene.Random(Key("mlp.experts.lora_B.weight"), "F32", outputs, 8));
        _scene.Refuses(FailureKind.Plan, expected);
    }

    [Fact]
    public void Dora_OfWeightsStoredByInputs_AndOfOtherLengths()
    {
        StoredTensor[] Parts(int inputs, int outputs, int norms) =>
            [.. _scene.Factors(Q, "F32", inputs, outputs),
                _scene.Random(Key(Q + ".lora_magnitude_vector"), "F32", norms)];
        _scene.Adapter("lora", """{"use_dora": true, "fan_in_fan_out": true}""", Parts(8, 12, 12));
        _scene.Refuses(FailureKind.Plan, "accepted: DoRA of weights that are stored by outputs");
        _scene.Adapter("lora", """{"use_dora": true}""", Parts(12, 8, 12));
        _scene.Refuses(FailureKind.Plan, "has 8 rows");
    }

    [Fact]
    public void AnAdapterAsAModel_IsToldHowToNameIt()
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        var failure = Assert.Throws<FastMergeException>(() => Merger.Plan(
            _scene.Recipe("merge_method: passthrough\nmodels: [{model: $lora}]")));
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Contains("'base+adapter'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FactorsThatChange_WhileTheyAreRead_AreNoticed()
    {
        _scene.Adapter("lora", "{}", _scene.Factors(Q, "F32", 12, 8));
        var path = _scene["lora/adapter_model.safetensors"];
        var events = new Progress(e =>
        {
            if (e is PlannedEvent) File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        });
        var failure = await Assert.ThrowsAsync<FastMergeException>(() => Merger.MergeAsync(
            _scene.Recipe("merge_method: passthrough\nmodels: [{model: $base+$lora}]"), _scene["out"], new(), events));
        Assert.Equal(FailureKind.InputChanged, failure.Kind);
    }

    sealed class Progress(Action<MergeEvent> report) : IProgress<MergeEvent>
    {
        public void Report(MergeEvent value) => report(value);
    }
}

using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Adapters;

/// <summary>Models and LoRA adapters of random numbers on disk, and what comes out of merges of them.</summary>
sealed class AdapterScene : IDisposable
{
    readonly TempFolder _folder = new();
    readonly Random _random = new(7);

    public void Dispose() => _folder.Dispose();

    /// <summary>The path of a file or a model.</summary>
    public string this[string name] => _folder[name];

    /// <summary>A tensor of random numbers.</summary>
    public StoredTensor Random(string name, string dtype, params long[] shape) => StoredTensor.Of(name, dtype, shape,
        [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (p, n) => p * n)).Select(_ => _random.NextSingle() - 0.5f)]);

    /// <summary>Writes a model.</summary>
    public StoredTensor[] Model(string name, string? config, params StoredTensor[] tensors)
    {
        SafetensorsFile.Write(_folder[$"{name}/model.safetensors"], tensors);
        if (config is not null) File.WriteAllText(_folder[$"{name}/config.json"], config);
        return tensors;
    }

    /// <summary>Writes an adapter of rank r = 4 and alpha 6, but for what the settings say.</summary>
    public StoredTensor[] Adapter(string name, string settings, params StoredTensor[] tensors)
    {
        SafetensorsFile.Write(_folder[$"{name}/adapter_model.safetensors"], tensors);
        var config = JsonNode.Parse("""
            {"peft_type": "LORA", "r": 4, "lora_alpha": 6, "rank_pattern": {}, "alpha_pattern": {},
             "base_model_name_or_path": "org/base", "bias": "none", "init_lora_weights": true,
             "target_modules": ["q"], "modules_to_save": null, "layer_replication": null, "loftq_config": {}}
            """)!.AsObject();
        foreach (var (key, value) in JsonNode.Parse(settings)!.AsObject()) config[key] = value?.DeepClone();
        File.WriteAllText(_folder[$"{name}/adapter_config.json"], config.ToJsonString());
        return tensors;
    }

    /// <summary>The two factors of a module.</summary>
    public StoredTensor[] Factors(string module, string dtype, long inputs, long outputs, long rank = 4) =>
    [
        Random($"base_model.model.{module}.lora_A.weight", dtype, rank, inputs),
        Random($"base_model.model.{module}.lora_B.weight", dtype, outputs, rank),
    ];

    /// <summary>A recipe in which <c>$a</c> stands for the path of model a.</summary>
    public RecipeSource Recipe(string text) =>
        RecipeSource.Yaml(text.Replace("$", _folder.Root + "/", StringComparison.Ordinal), "r.yml");

    /// <summary>The tensors of a merge.</summary>
    public async Task<SortedDictionary<string, StoredTensor>> MergeAsync(
        string recipe, MergeOptions? options = null, string output = "out")
    {
        Report = await Merger.MergeAsync(Recipe(recipe), _folder[output],
            (options ?? new() { Threads = 2, MemoryBytes = 256 << 20 }) with { Overwrite = true });
        return SafetensorsFile.ReadFolder(_folder[output]);
    }

    /// <summary>The report of the last merge.</summary>
    public MergeReport? Report { get; private set; }

    /// <summary>The model <c>base</c> with an adapter, in binary32.</summary>
    public Task<SortedDictionary<string, StoredTensor>> FoldAsync(string adapter = "lora") =>
        MergeAsync($"merge_method: passthrough\nmodels: [{{model: $base+${adapter}}}]\nout_dtype: float32");

    /// <summary>Fails if the model <c>base</c> with an adapter is not refused so.</summary>
    public void Refuses(FailureKind kind, string expected, string adapter = "lora")
    {
        var failure = Assert.Throws<FastMergeException>(() => Merger.Plan(
            Recipe($"merge_method: passthrough\nmodels: [{{model: $base+${adapter}}}]")));
        Assert.DoesNotContain('\n', failure.Message);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Equal(kind, failure.Kind);
    }

    /// <summary>Fails if a tensor is not what binary64 arithmetic gives, within the rounding of binary32.</summary>
    public static void AssertClose(double[] expected, StoredTensor found, double share = 2e-6)
    {
        var values = found.ToFloats();
        Assert.Equal(expected.Length, values.Length);
        var largest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - values[i]) <= share * largest,
                $"{found.Name}[{i}]: {values[i]}, expected {expected[i]}");
    }
}

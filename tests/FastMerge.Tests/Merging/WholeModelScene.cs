using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>
/// A base and up to four fine-tunes of three layers: an embedding and a head, vectors, and matrices of several chunks.
/// The fine-tunes change layers by different amounts, so that ranks over the model are not those of a tensor.
/// </summary>
sealed class WholeModelScene : IDisposable
{
    const int Width = 48;

    static readonly (string Name, long[] Shape)[] Shapes =
    [
        ("lm_head.weight", [500, Width]), ("model.embed_tokens.weight", [500, Width]),
        ("model.layers.0.input_layernorm.weight", [Width]), ("model.layers.0.mlp.up_proj.weight", [1500, Width]),
        ("model.layers.1.input_layernorm.weight", [Width]), ("model.layers.1.mlp.up_proj.weight", [1500, Width]),
        ("model.layers.2.input_layernorm.weight", [Width]), ("model.layers.2.mlp.up_proj.weight", [1500, Width]),
        ("model.norm.weight", [Width]),
    ];

    readonly TempFolder _folder = new();

    /// <summary>Writes the models.</summary>
    /// <param name="dtype">BF16, F32, or mixed: every second tensor of each.</param>
    public WholeModelScene(string dtype)
    {
        for (var model = 0; model <= 4; model++)
        {
            var name = model == 0 ? "base" : $"m{model}";
            Directory.CreateDirectory(this[name]);
            SafetensorsFile.Write(this[$"{name}/model.safetensors"], Shapes.Select((shape, i) =>
                StoredTensor.Of(shape.Name, dtype == "mixed" ? i % 2 == 0 ? "F32" : "BF16" : dtype, shape.Shape,
                    Values(model, i, shape.Shape.Aggregate(1L, (a, b) => a * b)))));
            File.WriteAllText(this[$"{name}/config.json"], $$"""
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 3,
                "hidden_size": {{Width}}, "intermediate_size": 1500, "vocab_size": 500, "torch_dtype": "bfloat16"}
                """);
        }
    }

    /// <summary>A path in the scene's folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>The models' entries of a recipe: weights 0.6, 0.5, ..., densities 0.15, 0.2, ...</summary>
    public string Models(int count, bool density) => string.Concat(Enumerable.Range(1, count).Select(
        k => $"\n- model: {this[$"m{k}"]}\n  parameters: {Parameters(k, density)}"));

    /// <summary>The parameters of a model, from 1.</summary>
    public static string Parameters(int model, bool density) => FormattableString.Invariant(
        $"{{weight: {Weight(model)}{(density ? FormattableString.Invariant($", density: {Density(model)}") : "")}}}");

    /// <summary>The weight of a model, from 1.</summary>
    public static double Weight(int model) => (7 - model) / 10.0;

    /// <summary>The density of a model, from 1.</summary>
    public static double Density(int model) => (10 + 5 * model) / 100.0;

    /// <summary>The tensors of a model by name, in the order of names.</summary>
    public SortedDictionary<string, float[]> Read(string name)
    {
        var read = new SortedDictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (tensor, stored) in SafetensorsFile.ReadFolder(this[name])) read[tensor] = stored.ToFloats();
        return read;
    }

    public void Dispose() => _folder.Dispose();

    static float[] Values(int model, int tensor, long count)
    {
        var (common, own) = (new Random(tensor + 1), new Random(1000 * model + tensor));
        var scale = 0.02 * (1 + tensor % 4) * (1 + 0.3 * model);
        var values = new float[count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = (float)(common.NextDouble() * 2 - 1);
            // Sums of three are flat at neither end; a few entries are far out, as in trained models.
            if (model > 0) values[i] += (float)(scale * (own.NextDouble() + own.NextDouble() + own.NextDouble() - 1.5));
            if (model > 0 && own.Next(3000) == 0) values[i] += own.Next(2) == 0 ? 0.9f : -0.7f;
        }
        return values;
    }
}

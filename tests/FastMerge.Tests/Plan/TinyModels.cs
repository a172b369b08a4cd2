using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Plan;

/// <summary>
/// Models of a few numbers. Every element of a tensor is the model's value, plus 10 for each layer number, plus 100
/// in the embedding, 200 in the final norm, 300 in the head. Recipes name models as <c>$a</c>.
/// </summary>
sealed class TinyModels : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The path of a file or a model.</summary>
    public string this[string name] => _folder[name];

    /// <summary>A model of a family with names like Llama's.</summary>
    public TinyModels Llama(
        string name, float value, int layers, bool tied = false, string family = "llama",
        params (string Name, float Value)[] more)
    {
        List<(string Name, long[] Shape, float Value)> tensors =
        [
            ("model.embed_tokens.weight", [4, 2], value + 100), ("model.norm.weight", [2], value + 200),
            .. Enumerable.Range(0, layers).SelectMany(i => new (string, long[], float)[]
            {
                ($"model.layers.{i}.input_layernorm.weight", [2], value + 10 * i),
                ($"model.layers.{i}.mlp.up_proj.weight", [2, 2], value + 10 * i),
            }),
            .. more.Select(m => (m.Name, new long[] { 2 }, m.Value)),
        ];
        if (!tied) tensors.Add(("lm_head.weight", [4, 2], value + 300));
        Write(name, tensors);
        File.WriteAllText(_folder[$"{name}/config.json"], $$"""
            {"model_type": "{{family}}", "num_hidden_layers": {{layers}},
             "tie_word_embeddings": {{(tied ? "true" : "false")}}, "torch_dtype": "float32", "vocab_size": 4}
            """);
        return this;
    }

    /// <summary>A model of two stacks, encoder and decoder, of no known family.</summary>
    public TinyModels TwoStacks(string name, float value, int encoder, int decoder)
    {
        Write(name,
        [
            .. Enumerable.Range(0, encoder).Select(i => ($"encoder.layers.{i}.w", new long[] { 2 }, value + 10 * i)),
            .. Enumerable.Range(0, decoder).Select(i => ($"decoder.layers.{i}.w", new long[] { 2 }, value + 10 * i)),
        ]);
        return this;
    }

    /// <summary>A recipe in which <c>$a</c> stands for the path of model a.</summary>
    public RecipeSource Recipe(string text) =>
        RecipeSource.Yaml(text.Replace("$", _folder.Root + "/", StringComparison.Ordinal), "r.yml");

    /// <summary>What a recipe gives: of every tensor, the one number that all its elements are.</summary>
    public async Task<SortedDictionary<string, float>> MergeAsync(string text, string output = "out")
    {
        Report = await Merger.MergeAsync(
            Recipe(text), _folder[output], new() { Threads = 1, Overwrite = true, MemoryBytes = 256 << 20 });
        return new(SafetensorsFile.ReadFolder(_folder[output]).ToDictionary(
            t => t.Key, t => Assert.Single(t.Value.ToFloats().Distinct())), StringComparer.Ordinal);
    }

    /// <summary>The report of the last merge.</summary>
    public MergeReport? Report { get; private set; }

    /// <summary>The configuration of the last output.</summary>
    public System.Text.Json.Nodes.JsonObject Config(string output = "out") =>
        System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(_folder[$"{output}/config.json"]))!.AsObject();

    /// <summary>The plan of a recipe.</summary>
    public MergePlan Plan(string text) => Merger.Plan(Recipe(text));

    /// <summary>Fails if the recipe is not refused so; returns the message with paths as <c>$a</c>.</summary>
    public void Refuses(string text, FailureKind kind, string expected)
    {
        var failure = Assert.Throws<FastMergeException>(() => Plan(text));
        var message = failure.Message.Replace(_folder.Root + "/", "$", StringComparison.Ordinal);
        Assert.Equal(kind, failure.Kind);
        Assert.DoesNotContain('\n', message);
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    void Write(string name, IEnumerable<(string Name, long[] Shape, float Value)> tensors) =>
        SafetensorsFile.Write(_folder[$"{name}/model.safetensors"], tensors.Select(t => StoredTensor.Of(
            t.Name, "F32", t.Shape, [.. Enumerable.Repeat(t.Value, (int)t.Shape.Aggregate(1L, (a, b) => a * b))])));
}

using System.Buffers;
using System.Text.Json.Nodes;

namespace FastMerge.Testing.Checkpoints;

/// <summary>
/// Writes Llama-like checkpoint folders with deterministic weights: matrices N(0, 0.02), norms 1 + N(0, 0.1). A
/// fine-tune is the base of the same seed plus a small normal delta of its own. Values are made block by block, so
/// memory does not grow with the checkpoint.
/// </summary>
public sealed record SyntheticCheckpoint(CheckpointShape Shape)
{
    const int BlockElements = 1 << 16;
    const int BlocksPerWrite = 16;

    /// <summary>F32, F16 or BF16.</summary>
    public string DType { get; init; } = "BF16";

    public int Seed { get; init; } = 1;

    /// <summary>0 is the base, 1, 2, ... its fine-tunes.</summary>
    public int FineTune { get; init; }

    /// <summary>Standard deviation of a fine-tune's delta.</summary>
    public float DeltaScale { get; init; } = 0.002f;

    /// <summary>Most bytes of tensors in a file; one file named model.safetensors when all fit.</summary>
    public long ShardBytes { get; init; } = long.MaxValue;

    /// <summary>Writes the folder and returns the bytes of its tensors.</summary>
    public long Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var shards = Shards();
        var map = new JsonObject();
        for (var i = 0; i < shards.Count; i++)
        {
            var name = shards.Count == 1
                ? SafetensorsFile.SingleName
                : $"model-{i + 1:d5}-of-{shards.Count:d5}.safetensors";
            WriteShard(Path.Combine(folder, name), shards[i]);
            foreach (var (tensor, _) in shards[i]) map[tensor] = name;
        }
        var bytes = Shape.Elements * StoredValues.Size(DType);
        if (shards.Count > 1)
            WriteJson(folder, SafetensorsFile.IndexName, new()
            {
                ["metadata"] = new JsonObject { ["total_size"] = bytes },
                ["weight_map"] = map,
            });
        WriteSideFiles(folder);
        return bytes;
    }

    /// <summary>The values of a tensor as written, before rounding to the dtype.</summary>
    public float[] Values(string tensor)
    {
        var (_, shape) = Shape.Tensors().First(t => t.Name == tensor);
        var values = new float[shape.Aggregate(1L, (product, d) => product * d)];
        Fill(tensor, shape.Length == 1, 0, values);
        return values;
    }

    List<List<(string Name, long[] Shape)>> Shards()
    {
        var shards = new List<List<(string Name, long[] Shape)>>();
        var room = 0L;
        foreach (var tensor in Shape.Tensors())
        {
            var bytes = tensor.Shape.Aggregate((long)StoredValues.Size(DType), (product, d) => product * d);
            if (shards.Count == 0 || bytes > room)
            {
                shards.Add([]);
                room = ShardBytes;
            }
            shards[^1].Add(tensor);
            room -= bytes;
        }
        return shards;
    }

    void WriteShard(string path, List<(string Name, long[] Shape)> tensors)
    {
        var sorted = tensors.OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(SafetensorsFile.Header(
            sorted.Select(t => (t.Name, DType, t.Shape)), new Dictionary<string, string> { ["format"] = "pt" }));
        foreach (var (name, shape) in sorted) WriteTensor(file, name, shape);
    }

    void WriteTensor(FileStream file, string name, long[] shape)
    {
        var size = StoredValues.Size(DType);
        var count = shape.Aggregate(1L, (product, d) => product * d);
        var buffer = ArrayPool<byte>.Shared.Rent(BlocksPerWrite * BlockElements * size);
        for (var first = 0L; first < count; first += BlocksPerWrite * BlockElements)
        {
            var start = first;
            var elements = (int)Math.Min(BlocksPerWrite * BlockElements, count - first);
            Parallel.For(0, (elements + BlockElements - 1) / BlockElements, block =>
            {
                var offset = block * BlockElements;
                var values = ArrayPool<float>.Shared.Rent(BlockElements);
                var part = values.AsSpan(0, Math.Min(BlockElements, elements - offset));
                Fill(name, shape.Length == 1, start + offset, part);
                StoredValues.Encode(DType, part, buffer.AsSpan(offset * size, part.Length * size));
                ArrayPool<float>.Shared.Return(values);
            });
            file.Write(buffer, 0, elements * size);
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    void Fill(string name, bool isNorm, long first, Span<float> values)
    {
        values.Fill(isNorm ? 1f : 0f);
        NormalValues.Add(NormalValues.Key(Seed, name), first, isNorm ? 0.1f : 0.02f, values);
        if (FineTune > 0)
            NormalValues.Add(NormalValues.Key(Seed, $"{name}#{FineTune}"), first, DeltaScale, values);
    }

    void WriteSideFiles(string folder)
    {
        WriteJson(folder, "config.json", new()
        {
            ["architectures"] = new JsonArray("LlamaForCausalLM"),
            ["model_type"] = "llama",
            ["hidden_size"] = Shape.Hidden,
            ["intermediate_size"] = Shape.Intermediate,
            ["num_hidden_layers"] = Shape.Layers,
            ["num_attention_heads"] = Shape.Heads,
            ["num_key_value_heads"] = Shape.KvHeads,
            ["head_dim"] = Shape.HeadDim,
            ["vocab_size"] = Shape.Vocab,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = 2048,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["bos_token_id"] = 1,
            ["eos_token_id"] = 2,
            ["tie_word_embeddings"] = Shape.TiedEmbeddings,
            ["torch_dtype"] = DType switch { "BF16" => "bfloat16", "F16" => "float16", _ => "float32" },
        });
        WriteJson(folder, "generation_config.json", new() { ["bos_token_id"] = 1, ["eos_token_id"] = 2 });
        WriteJson(folder, "special_tokens_map.json", new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" });
        WriteJson(folder, "tokenizer_config.json", new()
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["bos_token"] = "<s>",
            ["eos_token"] = "</s>",
            ["model_max_length"] = 2048,
        });
        var vocabulary = new JsonObject(
            Enumerable.Range(0, Shape.Vocab).Select(id => KeyValuePair.Create(Token(id), (JsonNode?)id)));
        WriteJson(folder, "tokenizer.json", new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = "<unk>" },
        });
    }

    static string Token(int id) => id switch { 0 => "<unk>", 1 => "<s>", 2 => "</s>", _ => $"t{id}" };

    static void WriteJson(string folder, string name, JsonObject content) =>
        File.WriteAllText(Path.Combine(folder, name), content.ToJsonString(new() { WriteIndented = true }) + "\n");
}

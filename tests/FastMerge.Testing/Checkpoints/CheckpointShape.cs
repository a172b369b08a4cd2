namespace FastMerge.Testing.Checkpoints;

/// <summary>The sizes of a Llama-like model, as its config.json gives them.</summary>
public sealed record CheckpointShape(int Layers, int Hidden, int Intermediate, int Vocab, int Heads, int KvHeads)
{
    /// <summary>A few hundred kilobytes; for tests.</summary>
    public static CheckpointShape Tiny => new(2, 64, 176, 320, 4, 2);

    public bool TiedEmbeddings { get; init; }

    public int HeadDim => Hidden / Heads;

    /// <summary>The widest model of at least four layers near a size in bytes.</summary>
    public static CheckpointShape OfSize(long bytes, int bytesPerElement)
    {
        CheckpointShape best = Tiny;
        foreach (var hidden in (int[])[64, 128, 256, 512, 1024, 2048, 4096])
        {
            var vocabulary = Math.Min(32000, hidden * 16);
            var shape = new CheckpointShape(1, hidden, hidden * 11 / 4, vocabulary, hidden / 32, hidden / 64);
            var fixedBytes = (shape with { Layers = 0 }).Elements * bytesPerElement;
            var layerBytes = shape.Elements * bytesPerElement - fixedBytes;
            var layers = (int)Math.Round((bytes - fixedBytes) / (double)layerBytes);
            if (layers < 4) break;
            best = shape with { Layers = layers };
        }
        return best;
    }

    public long Elements => Tensors().Sum(t => t.Shape.Aggregate(1L, (product, d) => product * d));

    /// <summary>Names and shapes in the natural order of the model.</summary>
    public IEnumerable<(string Name, long[] Shape)> Tensors()
    {
        long kv = HeadDim * KvHeads;
        yield return ("model.embed_tokens.weight", [Vocab, Hidden]);
        for (var layer = 0; layer < Layers; layer++)
        {
            var prefix = $"model.layers.{layer}.";
            yield return (prefix + "input_layernorm.weight", [Hidden]);
            yield return (prefix + "self_attn.q_proj.weight", [Hidden, Hidden]);
            yield return (prefix + "self_attn.k_proj.weight", [kv, Hidden]);
            yield return (prefix + "self_attn.v_proj.weight", [kv, Hidden]);
            yield return (prefix + "self_attn.o_proj.weight", [Hidden, Hidden]);
            yield return (prefix + "post_attention_layernorm.weight", [Hidden]);
            yield return (prefix + "mlp.gate_proj.weight", [Intermediate, Hidden]);
            yield return (prefix + "mlp.up_proj.weight", [Intermediate, Hidden]);
            yield return (prefix + "mlp.down_proj.weight", [Hidden, Intermediate]);
        }
        yield return ("model.norm.weight", [Hidden]);
        if (!TiedEmbeddings) yield return ("lm_head.weight", [Vocab, Hidden]);
    }
}

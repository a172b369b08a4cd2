using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen1.5, Qwen2 and Qwen2.5: biases on queries, keys and values.</summary>
static class Qwen2
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("qwen2") with
    {
        ModelTypes = ["qwen2"],
        Architectures = ["Qwen2ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "layers.0.self_attn.q_proj.bias", "layers.0.mlp.gate_proj.weight",
        ],
        Modules = [Stack(MaxWindowLayers, LayerTypes)],
    };
}

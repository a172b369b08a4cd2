using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Gemma 2: norms around both blocks; every second layer sees all positions.</summary>
static class Gemma2
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("gemma2") with
    {
        ModelTypes = ["gemma2"],
        Architectures = ["Gemma2ForCausalLM"],
        Marks =
        [
            "layers.0.self_attn.q_proj.weight", "layers.0.mlp.gate_proj.weight",
            "layers.0.pre_feedforward_layernorm.weight",
        ],
        Modules = [Stack(SlidingWindowPattern with { Default = 2 }, LayerTypes)],
    };
}

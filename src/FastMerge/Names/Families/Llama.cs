using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeyKind;

namespace FastMerge.Names.Families;

/// <summary>Llama 1 to 3, and the many models with its names.</summary>
static class Llama
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("llama") with
    {
        ModelTypes = ["llama"],
        Architectures = ["LlamaForCausalLM", "LLaMAForCausalLM"],
        Marks = ["layers.0.self_attn.q_proj.weight", "layers.0.mlp.gate_proj.weight"],
        Modules = [Stack(new LayerKey("no_rope_layers", Each), new("layer_types", Each))],
    };
}

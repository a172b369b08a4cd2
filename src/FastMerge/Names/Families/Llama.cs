using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

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
        Modules = [Stack(NoRopeLayers, LayerTypes)],
    };
}

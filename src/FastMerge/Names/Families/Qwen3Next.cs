using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Qwen3-Next: linear attention in most layers, a gated shared expert, a part that predicts ahead.</summary>
static class Qwen3Next
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("qwen3_next") with
    {
        ModelTypes = ["qwen3_next"],
        Architectures = ["Qwen3NextForCausalLM"],
        Marks = ["layers.0.mlp.gate.weight", "layers.0.mlp.shared_expert_gate.weight", "layers.0.linear_attn.A_log"],
        SharedExperts = ["mlp.shared_expert.*.weight", "mlp.shared_expert_gate.weight"],
        Modules = [Stack(FullAttentionInterval, DecoderSparseStep, MlpOnlyLayers, LayerTypes)],
    };
}

using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeyKind;

namespace FastMerge.Names.Families;

/// <summary>Hunyuan-Large and Hunyuan-A13B: a shared block beside the experts, settings that differ by layer.</summary>
static class Hunyuan
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("hunyuan") with
    {
        ModelTypes = ["hunyuan", "hunyuan_v1_moe"],
        Architectures = ["HunYuanForCausalLM", "HunYuanMoEV1ForCausalLM"],
        Marks = ["layers.0.mlp.gate.wg.weight", "layers.0.mlp.shared_mlp.gate_proj.weight"],
        Routers = ["mlp.gate.wg.*"],
        SharedExperts = ["mlp.shared_mlp.*.*"],
        Modules =
        [
            Stack(
                new("moe_topk", Each),
                new("num_shared_expert", Each),
                new("moe_intermediate_size", Each),
                new("num_experts", Each),
                new("moe_layer_num_skipped", First)),
        ],
    };
}

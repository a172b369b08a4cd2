using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeyKind;

namespace FastMerge.Names.Families;

/// <summary>ERNIE 4.5 MoE: the router's bias beside the router, layers with experts within two bounds.</summary>
static class ErnieMoe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("ernie4_5_moe") with
    {
        ModelTypes = ["ernie4_5_moe"],
        Architectures = ["Ernie4_5_MoeForCausalLM"],
        Marks = ["mlp.moe_statics.e_score_correction_bias"],
        Routers = ["mlp.gate.*", "mlp.moe_statics.*"],
        SharedExperts = ["mlp.shared_experts.*.*"],
        Modules =
        [
            Stack(
                new("moe_layer_start_index", First),
                new("moe_layer_end_index", Last),
                new("moe_layer_interval", EveryNth)),
        ],
    };
}

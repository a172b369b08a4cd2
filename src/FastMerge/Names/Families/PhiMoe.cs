using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Phi-3.5-MoE and Phi mini MoE: Mixtral's blocks with biases.</summary>
static class PhiMoe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("phimoe") with
    {
        ModelTypes = ["phimoe"],
        Architectures = ["PhiMoEForCausalLM", "PhimoeForCausalLM"],
        Marks =
        [
            "layers.0.block_sparse_moe.gate.weight", "layers.0.block_sparse_moe.experts.0.w1.weight",
            "layers.0.self_attn.o_proj.bias",
        ],
        Routers = ["block_sparse_moe.gate.*"],
    };
}

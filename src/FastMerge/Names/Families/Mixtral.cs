using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Mixtral; experts have <c>w1</c> (gate), <c>w3</c> (up) and <c>w2</c> (down).</summary>
static class Mixtral
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("mixtral") with
    {
        ModelTypes = ["mixtral"],
        Architectures = ["MixtralForCausalLM"],
        Marks = ["layers.0.block_sparse_moe.gate.weight", "layers.0.block_sparse_moe.experts.0.w1.weight"],
        Routers = ["block_sparse_moe.gate.*"],
    };
}

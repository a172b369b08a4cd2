using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>gpt-oss: experts fused in one tensor, gate and up interleaved; sinks in attention.</summary>
static class GptOss
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("gpt_oss") with
    {
        ModelTypes = ["gpt_oss"],
        Architectures = ["GptOssForCausalLM"],
        Marks = ["layers.0.mlp.router.weight", "layers.0.self_attn.sinks"],
        Routers = ["mlp.router.*"],
        Modules = [Stack(LayerTypes)],
    };
}

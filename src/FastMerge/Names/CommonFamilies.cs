using System.Collections.Immutable;

namespace FastMerge.Names;

/// <summary>What many families share; their files say what differs.</summary>
static class CommonFamilies
{
    /// <summary>A decoder with Llama's names around its layers.</summary>
    public static ModelFamily Decoder(string name) => new(name)
    {
        Embeddings = ["embed_tokens.weight"],
        Heads = ["lm_head.weight", "lm_head.bias"],
        FinalNorms = ["model.norm.weight"],
        Optional = ["rotary_emb.inv_freq"],
    };

    /// <summary>A decoder whose dense blocks are replaced by experts under <c>mlp</c>.</summary>
    public static ModelFamily Mixture(string name) => Decoder(name) with { Routers = ["mlp.gate.*"] };

    /// <summary>A module that has all of the outer configuration to itself.</summary>
    public static ModuleNames Stack(params LayerKey[] keys) => new("") { LayerKeys = [.. keys] };

    /// <summary>The language part of a model that also sees.</summary>
    public static ModuleNames TextDecoder(params LayerKey[] keys) => new("text_decoder")
    {
        Section = "text_config",
        LayerKeys = [.. keys],
    };

    /// <summary>What maps features of images to the width of the language part.</summary>
    public static ModuleNames Projector(params ReadOnlySpan<string> prefixes) => new("multi_modal_projector")
    {
        Prefixes = [.. prefixes],
        Layers = [],
        CountKeys = [],
    };

    /// <summary>What the vision part of Qwen's models has in place of an embedding.</summary>
    public static ImmutableArray<string> QwenPatches { get; } =
        ["patch_embed.proj.weight", "patch_embed.proj.bias", "pos_embed.weight"];

    /// <summary>The parts of Qwen's models that see.</summary>
    public static ImmutableArray<ModuleNames> QwenVision { get; } =
    [
        Projector(
            "visual.merger.", "model.visual.merger.", "visual.deepstack_merger_list.",
            "model.visual.deepstack_merger_list."),
        new("vision_tower")
        {
            Prefixes = ["visual.", "model.visual."],
            Layers = ["blocks"],
            Section = "vision_config",
            CountKeys = ["depth"],
            LayerKeys =
            [
                new("fullatt_block_indexes", LayerKeyKind.Numbers),
                new("deepstack_visual_indexes", LayerKeyKind.Numbers),
            ],
        },
    ];
}

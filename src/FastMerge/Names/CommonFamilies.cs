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
}

using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>Gemma 1. Its names are those of Llama; the head is tied.</summary>
static class Gemma
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("gemma") with
    {
        ModelTypes = ["gemma"],
        Architectures = ["GemmaForCausalLM"],
        Modules = [Stack()],
    };
}

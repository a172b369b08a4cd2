using static FastMerge.Names.CommonFamilies;
using static FastMerge.Names.LayerKeys;

namespace FastMerge.Names.Families;

/// <summary>Mistral 7B and its successors. Its names are those of Llama.</summary>
static class Mistral
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Decoder("mistral") with
    {
        ModelTypes = ["mistral", "ministral"],
        Architectures = ["MistralForCausalLM", "MinistralForCausalLM"],
        Modules = [Stack(LayerTypes)],
    };
}

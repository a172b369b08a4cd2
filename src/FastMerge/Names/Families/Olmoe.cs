using static FastMerge.Names.CommonFamilies;

namespace FastMerge.Names.Families;

/// <summary>OLMoE: norms of queries and keys over their whole width. Its names are those of Qwen3-MoE.</summary>
static class Olmoe
{
    /// <summary>The data.</summary>
    public static ModelFamily Family { get; } = Mixture("olmoe") with
    {
        ModelTypes = ["olmoe"],
        Architectures = ["OlmoeForCausalLM"],
        Modules = [Stack()],
    };
}

using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Tests.Plan;

/// <summary>The methods that a build has, and what they say of themselves.</summary>
public class MethodCatalogTests
{
    [Fact]
    public void The_catalogue_has_the_methods() => Assert.Equal(
        [
            "arcee_fusion", "assembly_of_experts", "breadcrumbs", "breadcrumbs_ties", "cape", "checkpoint_average",
            "consensus_ta", "consensus_ties", "core_space", "dare_linear", "dare_ties", "della", "della_linear", "drm",
            "greedy_soup", "iso_c", "iso_cts", "karcher", "knots", "linear", "lm_cocktail", "lore", "magmax", "metagpt",
            "model_stock", "multislerp", "nearswap", "nuslerp", "passthrough", "pcb", "ram", "ramplus_tl", "sce",
            "slerp", "sparse_soup", "star", "stf", "svc", "task_arithmetic", "ties", "tsv", "twin",
            "uniform_soup", "wudi",
        ],
        MethodCatalog.All.Select(m => m.Signature.Name));

    [Fact]
    public void A_mistyped_name_finds_the_nearest() =>
        Assert.Equal(
            ("breadcrumbs", null), (MethodCatalog.Nearest("bread_crumbs"), MethodCatalog.Find("bread_crumbs")));

    [Fact]
    public void Defaults_are_those_that_users_of_the_methods_expect()
    {
        foreach (var method in MethodCatalog.All)
            foreach (var parameter in method.Signature.Parameters)
                Assert.Equal((method.Signature.Name, parameter.Name, Expected(method.Signature.Name, parameter.Name)),
                    (method.Signature.Name, parameter.Name, DefaultOf(parameter)));
    }

    [Fact]
    public void Every_parameter_is_documented_and_named_once()
    {
        foreach (var signature in MethodCatalog.All.Select(m => m.Signature))
        {
            Assert.All(signature.Parameters, p => Assert.NotEmpty(p.Summary));
            Assert.Equal(signature.Parameters.Length, signature.Parameters.Select(p => p.Name).Distinct().Count());
            Assert.True(signature.MinModels >= 1 && signature.MinModels <= signature.MaxModels);
        }
    }

    [Fact]
    public void Expressions_of_the_catalogue_cover_every_method_and_switch()
    {
        var all = CatalogueExpressions.All().ToArray();
        Assert.Equal(MethodCatalog.All.Select(m => m.Signature.Name), all.Select(e => e.Method).Distinct());
        // Model counts 1 to 4, one axis or more, normalize, rescale and scope.
        Assert.Equal(4 * 2 * 8, all.Count(e => e.Method == "ties"));
        Assert.Equal(3 * 2 * 2, all.Count(e => e.Method == "model_stock"));
        Assert.Equal(1 * 2 * 2, all.Count(e => e.Method == "passthrough"));
    }

    static object? Expected(string method, string parameter) => (method, parameter) switch
    {
        ("consensus_ta" or "consensus_ties", "lambda") => 0.4,
        ("consensus_ta" or "consensus_ties", "alpha") => 1.0,
        (_, "k") => 2.0,
        ("pcb", "density") => null,
        ("pcb", "weight") => 1.0,
        ("della" or "della_linear", "epsilon") => 0.15,
        ("star" or "tsv" or "twin", "weight") => 1.0,
        ("star", "eta") => 40.0,
        ("iso_cts", "common_space_fraction") => 0.8,
        ("lore", "mu") => 0.01,
        ("twin", "lambda") => 0.3,
        ("twin", "density") => 0.1,
        ("twin", "convolutions") => "whole",
        ("svc", "convolutions") => "inner",
        ("svc", "svc_alpha") => 1.0,
        (_, "density" or "lambda") => 1.0,
        (_, "gamma") => 0.01,
        (_, "normalize") => method is "linear" or "ties" or "consensus_ties" or "della",
        (_, "rescale") => method is "dare_linear" or "dare_ties" or "della" or "della_linear",
        (_, "int8_mask" or "filter_wise" or "nuslerp_row_wise") => false,
        (_, "nuslerp_flatten" or "normalize_weights") => true,
        (_, "max_iter") => 10.0,
        (_, "tol" or "epsilon") => 1e-5,
        (_, "eps") => 1e-8,
        (_, "r") => 0.1,
        ("ramplus_tl", "alpha") => 0.2,
        ("sparse_soup", "weight") => 1.0,
        ("assembly_of_experts", "weight") => 0.0,
        (_, "temperature") => 5.0,
        (_, "rank_policy") => "partial",
        ("iso_c" or "iso_cts" or "tsv" or "lore" or "twin" or "svc", "embeddings") => "matrix",
        ("knots" or "core_space", "embeddings" or "convolutions") => "inner",
        (_, "embeddings" or "convolutions") => "average",
        ("knots", "tolerance") => 1e-5,
        (_, "isotropic") => false,
        ("drm", "tolerance") => 0.01,
        ("drm", "weight") => 1.0,
        ("drm", "direction") => "horizontal",
        ("drm", "drop") => 0.8,
        ("stf", "energy") => 1.0,
        ("stf", "max_rank") => 4096.0,
        ("stf", "ridge") => 1e-6,
        ("wudi", "ridge") => 1e-8,
        ("wudi", "interpolation") => 1.0,
        (_, "scope") => method == "metagpt" ? "model" : "tensor",
        (_, "rescale_by") => "l1",
        (_, "average") => "sma",
        (_, "mask") => "intersection",
        (_, "difference") => "rms",
        _ => null,
    };

    static object? DefaultOf(Parameter parameter) => parameter switch
    {
        Global global => global.Default,
        PerModel perModel => perModel.Default,
        Choice choice => choice.Default,
        Flag flag => flag.Default,
        _ => null,
    };
}

using System.Collections.Immutable;

namespace FastMerge.Names;

/// <summary>Keys of config.json that speak of layers, in the meaning that most families give them.</summary>
static class LayerKeys
{
    const string Types = "layer_types";

    /// <summary>The attention of each layer.</summary>
    public static readonly LayerKey LayerTypes = new(Types, LayerKeyKind.Each);

    /// <summary>Whether each layer rotates positions.</summary>
    public static readonly LayerKey NoRopeLayers = new("no_rope_layers", LayerKeyKind.Each);

    /// <summary>Layers with experts.</summary>
    public static readonly LayerKey MoeLayers = new("moe_layers", LayerKeyKind.Numbers);

    /// <summary>Layers without experts.</summary>
    public static readonly LayerKey MlpOnlyLayers = new("mlp_only_layers", LayerKeyKind.Numbers);

    /// <summary>The first layers have no experts.</summary>
    public static readonly LayerKey FirstKDenseReplace = new("first_k_dense_replace", LayerKeyKind.First);

    /// <summary>The first layers see all positions.</summary>
    public static readonly LayerKey MaxWindowLayers =
        new("max_window_layers", LayerKeyKind.First) { OverruledBy = Types };

    /// <summary>Every n-th layer has experts.</summary>
    public static readonly LayerKey MoeLayerFreq = new("moe_layer_freq", LayerKeyKind.EveryNthFromZero);

    /// <summary>Every n-th layer has experts.</summary>
    public static readonly LayerKey DecoderSparseStep = new("decoder_sparse_step", LayerKeyKind.EveryNth);

    /// <summary>Every n-th layer has experts.</summary>
    public static readonly LayerKey InterleaveMoeLayerStep =
        new("interleave_moe_layer_step", LayerKeyKind.EveryNth) { OverruledBy = "moe_layers" };

    /// <summary>Every n-th layer sees all positions.</summary>
    public static readonly LayerKey FullAttentionInterval =
        new("full_attention_interval", LayerKeyKind.EveryNth) { OverruledBy = Types };

    /// <summary>Every n-th layer sees all positions.</summary>
    public static readonly LayerKey SlidingWindowPattern =
        new("sliding_window_pattern", LayerKeyKind.EveryNth) { OverruledBy = Types };

    /// <summary>All of these and those of families that have no file.</summary>
    public static readonly ImmutableArray<LayerKey> All =
    [
        LayerTypes, NoRopeLayers, MoeLayers, MlpOnlyLayers, FirstKDenseReplace, MaxWindowLayers, MoeLayerFreq,
        DecoderSparseStep, InterleaveMoeLayerStep, FullAttentionInterval, SlidingWindowPattern,
        new("_sliding_window_pattern", LayerKeyKind.EveryNth) { OverruledBy = Types },
        new("no_rope_layer_interval", LayerKeyKind.EveryNth) { OverruledBy = "no_rope_layers" },
        new("mlp_layer_types", LayerKeyKind.Each), new("layers_block_type", LayerKeyKind.Each),
        new("attn_layer_indices", LayerKeyKind.Numbers), new("full_attn_idxs", LayerKeyKind.Numbers),
        new("cross_attention_layers", LayerKeyKind.Numbers), new("num_dense_layers", LayerKeyKind.First),
        new("dense_attention_every_n_layers", LayerKeyKind.EveryNth),
    ];
}

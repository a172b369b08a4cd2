namespace FastMerge.Primitives;

/// <summary>Parameters that several methods declare with one meaning.</summary>
static class CommonParameters
{
    /// <summary>How much a model's task vector counts; it must be given.</summary>
    public static readonly PerModel Weight = new("weight", null, Bounds.Any, "weight of the task vector");

    /// <summary>How far the output is from the base.</summary>
    public static readonly Global Lambda = new("lambda", 1, Bounds.Any, "factor of the merged task vector");

    /// <summary>Whether the norm is restored after a trim.</summary>
    public static readonly Flag RescaleTrim = new("rescale", false, "restore the L1 norm after the trim");

    /// <summary>Whether random drops are made up for.</summary>
    public static readonly Flag RescaleDrop = new("rescale", true, "make up for what is dropped");

    /// <summary>How random drops are made up for.</summary>
    public static readonly Choice RescaleBy =
        new("rescale_by", ["l1", "density"], "what makes up for drops: the L1 norm, or 1/probability");

    /// <summary>What becomes of directions that the data do not determine.</summary>
    public static readonly Choice RankPolicy = new(
        "rank_policy", ["partial", "reference"],
        "directions without data: left out, or as LAPACK's SVD fills them, which is not reproducible");

    /// <summary>Whether embeddings and heads are matrices like others; the papers' code makes no difference.</summary>
    public static readonly Choice Embeddings =
        new("embeddings", ["matrix", "average"], "embeddings and heads as matrices, or as averages");

    /// <summary>The same for methods whose papers leave embeddings and heads out.</summary>
    public static readonly Choice PlainEmbeddings =
        new("embeddings", ["average", "matrix"], "embeddings and heads as averages, or as matrices");

    /// <summary>The same for methods that are built around another one.</summary>
    public static readonly Choice InnerEmbeddings = new(
        "embeddings", ["inner", "matrix"], "embeddings and heads by the inner method alone, or as matrices");

    /// <summary>Convolutions for methods that are built around another one.</summary>
    public static readonly Choice InnerConvolutions = new(
        "convolutions", ["inner", "matrix"], "convolutions by the inner method alone, or as matrices of their outputs");

    /// <summary>Whether convolutions are matrices, their outputs as rows.</summary>
    public static readonly Choice Convolutions =
        new("convolutions", ["average", "matrix"], "convolutions as averages, or as matrices of their outputs");

    /// <summary>Other programs' switch for the memory of masks.</summary>
    public static readonly Flag Int8Mask = new("int8_mask", false, "accepted; results do not depend on it")
    {
        Ignored = true,
    };
}

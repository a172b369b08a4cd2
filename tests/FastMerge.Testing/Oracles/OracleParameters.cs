namespace FastMerge.Testing.Oracles;

/// <summary>What an oracle needs besides the tensors; arrays hold one value for each model.</summary>
public sealed record OracleParameters
{
    public double[] Weight { get; init; } = [];

    public double[] Density { get; init; } = [];

    public double[] Gamma { get; init; } = [];

    /// <summary>The factor of passthrough; null leaves the tensor as it is.</summary>
    public double? Scale { get; init; }

    public double Lambda { get; init; } = 1;

    public double T { get; init; }

    public bool Normalize { get; init; }

    public bool Rescale { get; init; }

    public bool FilterWise { get; init; }

    /// <summary>Elements of a row, for filter-wise ratios; 0 makes the tensor one row.</summary>
    public int RowLength { get; init; }

    /// <summary>Key of the random numbers.</summary>
    public ulong Seed { get; init; }

    /// <summary>Number of the random stream, which follows from stage and tensor name.</summary>
    public ulong Stream { get; init; }
}

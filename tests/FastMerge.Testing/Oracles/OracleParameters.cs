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

    /// <summary>Whether there is a base to take task vectors from; for methods that can do without.</summary>
    public bool HasBase { get; init; } = true;

    /// <summary>Numbers of the merge that have no name above, by recipe key.</summary>
    public Dictionary<string, double> Numbers { get; init; } = [];

    /// <summary>Numbers of each model that have no name above.</summary>
    public Dictionary<string, double[]> ModelNumbers { get; init; } = [];

    /// <summary>The switches that are on, by recipe key.</summary>
    public HashSet<string> Switches { get; init; } = [];

    /// <summary>The words of choices.</summary>
    public Dictionary<string, string> Words { get; init; } = [];

    /// <summary>A number of the merge.</summary>
    public double this[string name] => Numbers[name];

    /// <summary>Whether a switch is on.</summary>
    public bool Is(string name) => Switches.Contains(name);

    /// <summary>Cuts a tensor into its rows; a tensor of one axis is one row.</summary>
    public IEnumerable<Range> Rows(int count)
    {
        var row = RowLength > 0 ? RowLength : count;
        for (var start = 0; start < count; start += row) yield return start..(start + row);
    }
}

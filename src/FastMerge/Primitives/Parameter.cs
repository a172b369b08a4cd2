namespace FastMerge.Primitives;

/// <summary>The values a parameter accepts, both ends included.</summary>
readonly record struct Bounds(double Low, double High)
{
    /// <summary>Any finite number.</summary>
    public static Bounds Any => new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>0 to 1.</summary>
    public static Bounds UnitInterval => new(0, 1);

    /// <summary>Whether a value is accepted.</summary>
    public bool Contains(double value) => double.IsFinite(value) && value >= Low && value <= High;

    /// <summary>As in "a number from 0 to 1".</summary>
    public override string ToString() => this == Any ? "a finite number" : $"a number from {Low} to {High}";
}

/// <summary>A key that a method reads from a recipe.</summary>
abstract class Parameter(string name, string summary)
{
    /// <summary>The recipe key.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for <c>fastmerge methods</c>.</summary>
    public string Summary { get; } = summary;

    /// <summary>Whether each model has its own value.</summary>
    public abstract bool IsPerModel { get; }
}

/// <summary>A number or a switch of the whole merge.</summary>
sealed class Global(string name, double? defaultValue, Bounds bounds, string summary) : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <summary>The value when the recipe says nothing; null if it must.</summary>
    public double? Default { get; } = defaultValue;

    /// <summary>What is accepted.</summary>
    public Bounds Bounds { get; } = bounds;
}

/// <summary>A number of each model.</summary>
sealed class PerModel(string name, double? defaultValue, Bounds bounds, string summary, bool optional = false)
    : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => true;

    /// <summary>The value when the recipe says nothing; null if it must, unless <see cref="Optional"/>.</summary>
    public double? Default { get; } = defaultValue;

    /// <summary>What is accepted.</summary>
    public Bounds Bounds { get; } = bounds;

    /// <summary>Whether the method works without the value: <see cref="MergeInputs.IsSet"/> tells.</summary>
    public bool Optional { get; } = optional;
}

/// <summary>A yes-or-no switch of the whole merge; it decides the shape of the expression.</summary>
sealed class Flag(string name, bool defaultValue, string summary) : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <summary>The value when the recipe says nothing.</summary>
    public bool Default { get; } = defaultValue;

    /// <summary>Accepted for compatibility and without any effect on the result.</summary>
    public bool Ignored { get; init; }
}

/// <summary>One of several words, for the whole merge; it decides the shape of the expression.</summary>
sealed class Choice(string name, string[] words, string summary) : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <summary>What is accepted.</summary>
    public IReadOnlyList<string> Words { get; } = words;

    /// <summary>The value when the recipe says nothing: the first word.</summary>
    public string Default => Words[0];
}

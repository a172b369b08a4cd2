namespace FastMerge.Primitives;

/// <summary>The values a parameter accepts, both ends included.</summary>
readonly record struct Bounds(double Low, double High, bool Whole = false)
{
    /// <summary>Any finite number.</summary>
    public static Bounds Any => new(double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>0 to 1.</summary>
    public static Bounds UnitInterval => new(0, 1);

    /// <summary>Any number that is not negative.</summary>
    public static Bounds NotNegative => new(0, double.PositiveInfinity);

    /// <summary>Whether a value is accepted.</summary>
    public bool Contains(double value) => double.IsFinite(value) && value >= Low && value <= High
        && (!Whole || value == Math.Floor(value));

    /// <summary>As in "a number from 0 to 1".</summary>
    public override string ToString() => (this with { Whole = false }) == Any ? "a finite number"
        : $"a {(Whole ? "whole " : "")}number {(double.IsInfinity(High) ? $"from {Low} on" : $"from {Low} to {High}")}";
}

/// <summary>A key that a method reads from a recipe.</summary>
abstract class Parameter(string name, string summary)
{
    /// <summary>The recipe key.</summary>
    public string Name { get; } = name;

    /// <summary>One sentence for <c>fastmerge methods</c>.</summary>
    public string Summary { get; } = summary;

    /// <summary>Whether a recipe may give each model its own value.</summary>
    public abstract bool IsPerModel { get; }

    /// <summary>Whether a method sees one number for each model.</summary>
    public virtual bool HasModelValues => IsPerModel;
}

/// <summary>A number of the whole merge.</summary>
sealed class Global(string name, double? defaultValue, Bounds bounds, string summary, bool optional = false)
    : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <summary>The value when the recipe says nothing; null if it must.</summary>
    public double? Default { get; } = defaultValue;

    /// <summary>What is accepted.</summary>
    public Bounds Bounds { get; } = bounds;

    /// <summary>Whether it may be left out; the expression then has another shape.</summary>
    public bool Optional { get; } = optional;
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

/// <summary>
/// A CSV file of evaluated averages, for the whole merge. It is read when the recipe is bound, and a method sees the
/// one number for each model that it is reduced to.
/// </summary>
sealed class Table(
    string name, string metric, Func<EvaluationTable, double[]> numbers, string summary, bool optional = false)
    : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <inheritdoc/>
    public override bool HasModelValues => true;

    /// <summary>The column that holds the results.</summary>
    public string Metric { get; } = metric;

    /// <summary>What the file says of each model.</summary>
    public Func<EvaluationTable, double[]> Numbers { get; } = numbers;

    /// <summary>Whether it may be left out; the expression then has another shape.</summary>
    public bool Optional { get; } = optional;
}

/// <summary>
/// The method that another one is built around, by its recipe word. Its own parameters stand beside the outer method's;
/// where both have a name, the outer method's meaning holds and the inner one has its default.
/// </summary>
/// <param name="name">The recipe key.</param>
/// <param name="standard">The method when the recipe says nothing.</param>
/// <param name="ofMatrices">Whether it merges matrices in memory over a base of zeros, not the inputs.</param>
/// <param name="summary">One sentence for <c>fastmerge methods</c>.</param>
/// <param name="words">The methods that are accepted; null is all that can be built in.</param>
sealed class Inner(string name, MergeMethod standard, bool ofMatrices, string summary, string[]? words = null)
    : Parameter(name, summary)
{
    /// <inheritdoc/>
    public override bool IsPerModel => false;

    /// <summary>The method when the recipe says nothing.</summary>
    public MergeMethod Standard { get; } = standard;

    /// <summary>Whether it merges matrices in memory over a base of zeros, not the inputs.</summary>
    public bool OfMatrices { get; } = ofMatrices;

    /// <summary>The methods that are accepted; null is all that can be built in.</summary>
    public IReadOnlyList<string>? Words { get; } = words;
}

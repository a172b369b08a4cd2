using System.Collections.Immutable;
using System.Globalization;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>One number, switch or word of a parameter, and where it comes from.</summary>
/// <param name="Key">The parameter's name.</param>
/// <param name="Text">As written, or the value of a gradient at a layer.</param>
/// <param name="Plain">Whether it is written without quotes.</param>
/// <param name="Span">Where it is written.</param>
sealed record ResolvedValue(string Key, string Text, bool Plain, SourceSpan Span)
{
    /// <summary>Whether <see cref="AsNumber"/> gives a number.</summary>
    public bool IsNumber => YamlNumeral.TryParse(Text, Plain, out _) || YamlNumeral.TryParseSwitch(Text, out _);

    /// <summary>The number; switches count as 1 and 0.</summary>
    /// <exception cref="FastMergeException">Recipe: it is no number.</exception>
    public double AsNumber() => YamlNumeral.TryParse(Text, Plain, out var number) ? number
        : YamlNumeral.TryParseSwitch(Text, out var flag) ? (flag ? 1 : 0)
        : throw NotA("a number");

    /// <summary>The switch; 1 and 0 count as true and false.</summary>
    /// <exception cref="FastMergeException">Recipe: it is no switch.</exception>
    public bool AsBoolean()
    {
        if (YamlNumeral.TryParseSwitch(Text, out var flag)) return flag;
        if (YamlNumeral.TryParse(Text, Plain, out var number) && number is 0 or 1) return number == 1;
        throw NotA("true or false");
    }

    /// <summary>The failure that says what would be accepted.</summary>
    public FastMergeException NotA(string accepted) => Failure("", accepted);

    /// <summary>The failure that names the nearest of the words that would be accepted.</summary>
    public FastMergeException NotOneOf(IEnumerable<string> words) =>
        Failure(RecipeError.Nearest(Text, words), string.Join(", ", words));

    FastMergeException Failure(string nearest, string accepted) => RecipeError.At(Span,
        $"{RecipeError.Quote(Key)} is {(Text.Length == 0 ? "empty" : RecipeError.Quote(Text))}{nearest}; "
        + $"accepted: {accepted}");
}

/// <summary>What is written for a parameter.</summary>
abstract record ParameterValue(SourceSpan Span)
{
    /// <summary>Every number, switch or word in it.</summary>
    public abstract IEnumerable<ResolvedValue> Leaves { get; }

    /// <summary>The value for a tensor; null if no filter matches it.</summary>
    public abstract ResolvedValue? At(TensorTraits tensor, double layerPosition);

    /// <summary>One value for all tensors.</summary>
    public sealed record Scalar(ResolvedValue Value) : ParameterValue(Value.Span)
    {
        /// <inheritdoc/>
        public override IEnumerable<ResolvedValue> Leaves => [Value];

        /// <inheritdoc/>
        public override ResolvedValue At(TensorTraits tensor, double layerPosition) => Value;
    }

    /// <summary>Numbers spread evenly over the layers, with straight lines between them; words hold until the
    /// next one.</summary>
    public sealed record Gradient(ImmutableArray<ResolvedValue> Points, SourceSpan Span) : ParameterValue(Span)
    {
        /// <inheritdoc/>
        public override IEnumerable<ResolvedValue> Leaves => Points;

        /// <inheritdoc/>
        public override ResolvedValue At(TensorTraits tensor, double layerPosition)
        {
            var scaled = layerPosition * (Points.Length - 1);
            var index = (int)scaled;
            var (fraction, next) = (scaled - index, Math.Min(Points.Length - 1, index + 1));
            if (fraction == 0 || !Points[index].IsNumber || !Points[next].IsNumber) return Points[index];
            var number = (1 - fraction) * Points[index].AsNumber() + fraction * Points[next].AsNumber();
            return Points[index] with { Text = number.ToString("R", CultureInfo.InvariantCulture) };
        }
    }

    /// <summary>Values by tensor; the first filter that matches decides.</summary>
    public sealed record Conditional(ImmutableArray<FilterCase> Cases, SourceSpan Span) : ParameterValue(Span)
    {
        /// <inheritdoc/>
        public override IEnumerable<ResolvedValue> Leaves => Cases.SelectMany(c => c.Value.Leaves);

        /// <inheritdoc/>
        public override ResolvedValue? At(TensorTraits tensor, double layerPosition) =>
            Cases.FirstOrDefault(c => c.Matches(tensor))?.Value.At(tensor, layerPosition);
    }
}

/// <summary>A value and the tensors that it is for; null is all of them.</summary>
sealed record FilterCase(Selector? Filter, ParameterValue Value)
{
    /// <summary>Whether the value is for a tensor.</summary>
    public bool Matches(TensorTraits tensor) => Filter?.Matches(tensor) != false;
}

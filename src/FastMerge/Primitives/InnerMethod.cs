namespace FastMerge.Primitives;

/// <summary>A method as a part of another one.</summary>
/// <param name="Method">The method.</param>
/// <param name="Switches">Its switches.</param>
/// <param name="Outer">The method that it is a part of.</param>
sealed record InnerMethod(MergeMethod Method, MethodSwitches Switches, MethodSignature Outer)
{
    /// <summary>The recipe word.</summary>
    public string Name => Method.Signature.Name;

    /// <summary>Name and switches; equal texts are equal inner methods of a method.</summary>
    public string Text => $"inner={Name}({Switches.Text})";

    /// <summary>The inner method of a recipe that sets nothing; null if there is none.</summary>
    public static InnerMethod? Standard(MethodSignature outer) =>
        outer.Parameters.OfType<Inner>().FirstOrDefault() is not { Standard: var method } ? null
            : new(method, MethodSwitches.Defaults(method.Signature), outer);

    /// <summary>Whether a recipe sets a parameter: the outer method has none of this name.</summary>
    public static bool Reads(MethodSignature outer, Parameter parameter) =>
        outer.Parameters.All(p => p.Name != parameter.Name);

    /// <summary>Whether the recipe sets one of its parameters.</summary>
    public bool Reads(Parameter parameter) => Reads(Outer, parameter);

    /// <summary>The value of a parameter that no recipe sets.</summary>
    public static double DefaultOf(Parameter parameter) =>
        (parameter as Global)?.Default ?? (parameter as PerModel)?.Default
        ?? throw new InvalidOperationException($"two methods share the parameter {parameter.Name}");

    /// <summary>What stands for a parameter: its value, or the default where the outer method has the name.</summary>
    public Scalar SymbolOf(Parameter parameter) => Reads(parameter) ? Scalar.Of(parameter)
        : !parameter.IsPerModel ? Scalar.Constant(DefaultOf(parameter))
        : Scalar.ModelCoefficients(
            models => [.. Enumerable.Repeat(DefaultOf(parameter), (int)models[0][0])], Scalar.ModelCount);

    /// <summary>What it makes of inputs.</summary>
    public Tensor Merge(TensorFacts facts) => Method.Merge(new(facts, Switches, this));
}

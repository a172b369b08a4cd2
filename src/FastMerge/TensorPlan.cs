namespace FastMerge;

/// <summary>A tensor of the output, or of a stage: what it is made of, and how.</summary>
public sealed record TensorPlan
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The merge that makes it; null for the output.</summary>
    public required string? Stage { get; init; }

    /// <summary>Its element type.</summary>
    public required string DType { get; init; }

    /// <summary>Its shape.</summary>
    public required IReadOnlyList<long> Shape { get; init; }

    /// <summary>What it does in the model, as in <c>attention</c>; <c>other</c> if its name does not tell.</summary>
    public required string Role { get; init; }

    /// <summary>The number of its layer.</summary>
    public required int? Layer { get; init; }

    /// <summary>The number of its expert.</summary>
    public required int? Expert { get; init; }

    /// <summary>The method that it goes by.</summary>
    public required string Method { get; init; }

    /// <summary>As in <c>select, map</c>; <c>copy</c> if a source's bytes are the result.</summary>
    public required string Passes { get; init; }

    /// <summary>What it is made of: the base first, then the models in order.</summary>
    public required IReadOnlyList<TensorPlanSource> Sources { get; init; }

    /// <summary>The values of the method's parameters; none for a copy.</summary>
    public required IReadOnlyList<TensorPlanValue> Values { get; init; }
}

/// <summary>A tensor that another is made of.</summary>
/// <param name="Model">Its model as the recipe names it, or the stage that makes it.</param>
/// <param name="Tensor">Its name there.</param>
/// <param name="IsBase">Whether it is the base's.</param>
public sealed record TensorPlanSource(string Model, string Tensor, bool IsBase);

/// <summary>A parameter's value for a tensor.</summary>
/// <param name="Name">The parameter's key.</param>
/// <param name="Numbers">One number, or one for each model; empty for words.</param>
/// <param name="Word">The word of a choice, <c>true</c> or <c>false</c> of a switch; else null.</param>
public sealed record TensorPlanValue(string Name, IReadOnlyList<double> Numbers, string? Word);

/// <summary>Tensors of several layers or experts that are made alike.</summary>
/// <param name="Names">As in <c>model.layers.{0-31}.mlp.up_proj.weight</c>.</param>
/// <param name="Stage">The merge that makes them; null for the output.</param>
/// <param name="Tensors">Their number.</param>
/// <param name="Role">What they do in the model.</param>
/// <param name="Method">The method they go by.</param>
/// <param name="Passes">As in <c>select, map</c>; <c>copy</c> for copies.</param>
/// <param name="Values">As in <c>weight=0.6,0.1..0.9</c>; two dots where layers differ: the least and the most.</param>
/// <param name="Sources">The models, with what differs from the output's names.</param>
public sealed record TensorPlanGroup(
    string Names, string? Stage, int Tensors, string Role, string Method, string Passes, string Values,
    string Sources);

namespace FastMerge.Primitives;

/// <summary>How a <see cref="Scalar"/> gets its value.</summary>
enum ScalarKind
{
    Constant, Parameter, ElementCount, ModelElementCount, ModelCount, Reduction,
    Add, Subtract, Multiply, Divide, Minimum, Maximum, Floor, IfLess, SumOverModels, Coefficients, ModelCoefficients,
    RowLength, Cut,
}

/// <summary>
/// A side value: a binary64 number, or one for each model, known before the elements are combined.
/// Parameters, the results of reductions, and arithmetic on them. Used as an operand of a
/// <see cref="Tensor"/> it is rounded once to binary32.
/// </summary>
sealed class Scalar
{
    Scalar(ScalarKind kind, bool perModel, params Scalar[] operands)
    {
        Kind = kind;
        PerModel = perModel;
        Operands = operands;
        Level = operands.Length == 0 ? 0 : operands.Max(o => o.Level);
        Rows = operands.Any(o => o.Rows);
        Columns = operands.Any(o => o.Columns);
        if (Rows && Columns) throw new InvalidOperationException("a side value of rows and columns at once");
    }

    /// <summary>How the value comes about.</summary>
    public ScalarKind Kind { get; }

    /// <summary>Whether there is one value for each model.</summary>
    public bool PerModel { get; }

    /// <summary>The operands, in order.</summary>
    public IReadOnlyList<Scalar> Operands { get; }

    /// <summary>The number of readings of the inputs after which the value is known.</summary>
    public int Level { get; private init; }

    /// <summary>Whether there is one value for each row of the tensor.</summary>
    public bool Rows { get; private init; }

    /// <summary>Whether there is one value for each column of the tensor.</summary>
    public bool Columns { get; private init; }

    /// <summary>The value of a constant.</summary>
    public double Value { get; private init; }

    /// <summary>The parameter that a <see cref="ScalarKind.Parameter"/> reads.</summary>
    public Parameter? Parameter { get; private init; }

    /// <summary>The reduction that a <see cref="ScalarKind.Reduction"/> reads.</summary>
    public Reduction? Reduction { get; private init; }

    /// <summary>The cut whose threshold a <see cref="ScalarKind.Cut"/> is.</summary>
    public Cut? Cut { get; private init; }

    /// <summary>The function of a <see cref="ScalarKind.Coefficients"/>: operand values to one value.</summary>
    public Func<IReadOnlyList<double[]>, double>? Function { get; private init; }

    /// <summary>The function of a <see cref="ScalarKind.ModelCoefficients"/>: operand values to one value a
    /// model.</summary>
    public Func<IReadOnlyList<double[]>, double[]>? ModelFunction { get; private init; }

    /// <summary>A constant.</summary>
    public static Scalar Constant(double value) => new(ScalarKind.Constant, false) { Value = value };

    /// <summary>A recipe parameter's value for this tensor.</summary>
    public static Scalar Of(Parameter parameter) =>
        new(ScalarKind.Parameter, parameter.HasModelValues) { Parameter = parameter };

    /// <summary>The number of elements of the tensor.</summary>
    public static Scalar ElementCount { get; } = new(ScalarKind.ElementCount, false);

    /// <summary>The number of elements of a row: the last axis, or a tensor of one axis.</summary>
    public static Scalar RowLength { get; } = new(ScalarKind.RowLength, false);

    /// <summary>The number of elements of all tensors that go by the method in the same merge.</summary>
    public static Scalar ModelElementCount { get; } = new(ScalarKind.ModelElementCount, false);

    /// <summary>The number of non-base models.</summary>
    public static Scalar ModelCount { get; } = new(ScalarKind.ModelCount, false);

    /// <summary>The result of a reduction.</summary>
    public static Scalar Of(Reduction reduction) => new(ScalarKind.Reduction, reduction.PerModel)
    {
        Reduction = reduction,
        Level = reduction.Level + 1,
        Rows = reduction.Scope == Scope.Row,
        Columns = reduction.Scope == Scope.Column,
    };

    /// <summary>
    /// The magnitude of the last element that a cut keeps, one for each model of its source; infinity where it
    /// keeps none.
    /// </summary>
    public static Scalar Of(Cut cut)
    {
        cut.IsRead = true;
        return new(ScalarKind.Cut, cut.Source.PerModel) { Cut = cut, Level = cut.Level };
    }

    /// <summary>
    /// One number computed on the host by a pure function of side values, each given as the array
    /// of its values (all pairs i &lt;= j, row by row, for a Gram matrix).
    /// </summary>
    public static Scalar Coefficients(Func<IReadOnlyList<double[]>, double> function, params Scalar[] operands) =>
        new(ScalarKind.Coefficients, false, operands) { Function = function };

    /// <summary>One number for each model, computed on the host by a pure function of side values.</summary>
    public static Scalar ModelCoefficients(
        Func<IReadOnlyList<double[]>, double[]> function, params Scalar[] operands) =>
        new(ScalarKind.ModelCoefficients, true, operands) { ModelFunction = function };

    /// <summary>A number where a side value is expected.</summary>
    public static implicit operator Scalar(double value) => Constant(value);

    /// <summary>a + b.</summary>
    public static Scalar operator +(Scalar a, Scalar b) => Binary(ScalarKind.Add, a, b);

    /// <summary>a - b.</summary>
    public static Scalar operator -(Scalar a, Scalar b) => Binary(ScalarKind.Subtract, a, b);

    /// <summary>a * b.</summary>
    public static Scalar operator *(Scalar a, Scalar b) => Binary(ScalarKind.Multiply, a, b);

    /// <summary>a / b.</summary>
    public static Scalar operator /(Scalar a, Scalar b) => Binary(ScalarKind.Divide, a, b);

    /// <summary>The smaller of two.</summary>
    public static Scalar Min(Scalar a, Scalar b) => Binary(ScalarKind.Minimum, a, b);

    /// <summary>The larger of two.</summary>
    public static Scalar Max(Scalar a, Scalar b) => Binary(ScalarKind.Maximum, a, b);

    /// <summary>The largest integer not above a.</summary>
    public static Scalar Floor(Scalar a) => new(ScalarKind.Floor, a.PerModel, a);

    /// <summary><paramref name="then"/> where a &lt; b, else <paramref name="otherwise"/>.</summary>
    public static Scalar IfLess(Scalar a, Scalar b, Scalar then, Scalar otherwise) =>
        new(ScalarKind.IfLess, a.PerModel || b.PerModel || then.PerModel || otherwise.PerModel, a, b, then, otherwise);

    /// <summary>The sum of a per-model value over the models, in model order.</summary>
    public static Scalar SumOverModels(Scalar a) => new(ScalarKind.SumOverModels, false, a);

    static Scalar Binary(ScalarKind kind, Scalar a, Scalar b) => new(kind, a.PerModel || b.PerModel, a, b);
}

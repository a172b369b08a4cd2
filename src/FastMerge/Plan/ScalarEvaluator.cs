using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>
/// Evaluates side values in binary64 for one tensor, or for one row of it. Values are computed once; a
/// new row starts with <see cref="SetReduction"/> and forgets what depended on the old one.
/// </summary>
/// <param name="parameters">The method's parameters.</param>
/// <param name="elementCount">Elements of the tensor.</param>
/// <param name="modelCount">Models besides the base.</param>
/// <param name="modelElements">Elements of all tensors of the group; null for a tensor that is alone in it.</param>
sealed class ScalarEvaluator(
    ParameterValues parameters, long elementCount, int modelCount, long? modelElements = null)
{
    readonly long _modelElements = modelElements ?? elementCount;
    readonly Dictionary<Reduction, double[]> _reductions = [];
    readonly Dictionary<Cut, double[]> _thresholds = [];
    readonly Dictionary<Scalar, double[]> _values = [];

    /// <summary>The number of elements of a row; 0 if the tensor is one.</summary>
    public long RowLength { get; init; }

    /// <summary>Sets a reduction's result: one value, one for each model, or one for each pair.</summary>
    public void SetReduction(Reduction reduction, double[] result)
    {
        _reductions[reduction] = result;
        _values.Clear();
    }

    /// <summary>Sets the threshold of a cut, one for each model of its source.</summary>
    public void SetThreshold(Cut cut, double[] thresholds)
    {
        _thresholds[cut] = thresholds;
        _values.Clear();
    }

    /// <summary>One value, or one for each model.</summary>
    public double[] Evaluate(Scalar scalar)
    {
        if (!_values.TryGetValue(scalar, out var value)) _values[scalar] = value = Compute(scalar);
        return value;
    }

    /// <summary>
    /// How many elements a cut keeps, for each model: whole, within 0 and the scope's element count, and raised to one
    /// where the method never keeps none; <paramref name="raised"/> tells that this happened.
    /// </summary>
    public long[] KeptElements(Cut cut, out bool raised)
    {
        var all = cut.Scope == Scope.Model ? _modelElements : elementCount;
        var counts = Broadcast(Evaluate(cut.Keep), cut.Source.PerModel ? modelCount : 1)
            .Select(c => (long)Math.Clamp(c, 0, all)).ToArray();
        raised = cut.KeepAtLeastOne && all > 0 && counts.Any(c => c == 0);
        return raised ? [.. counts.Select(c => Math.Max(c, 1))] : counts;
    }

    double[] Compute(Scalar s) => s.Kind switch
    {
        ScalarKind.Constant => [s.Value],
        ScalarKind.Parameter => parameters[s.Parameter!],
        ScalarKind.ElementCount => [elementCount],
        ScalarKind.RowLength => [RowLength == 0 ? elementCount : RowLength],
        ScalarKind.Cut => _thresholds[s.Cut!],
        ScalarKind.ModelElementCount => [_modelElements],
        ScalarKind.ModelCount => [modelCount],
        ScalarKind.Reduction => _reductions[s.Reduction!],
        ScalarKind.Coefficients => [s.Function!([.. s.Operands.Select(Evaluate)])],
        ScalarKind.ModelCoefficients => s.ModelFunction!([.. s.Operands.Select(Evaluate)]),
        ScalarKind.SumOverModels => [Broadcast(Evaluate(s.Operands[0]), modelCount).Aggregate(0.0, (a, b) => a + b)],
        _ => ElementWise(s),
    };

    double[] ElementWise(Scalar s)
    {
        var operands = s.Operands.Select(o => Broadcast(Evaluate(o), s.PerModel ? modelCount : 1)).ToArray();
        var result = new double[s.PerModel ? modelCount : 1];
        for (var k = 0; k < result.Length; k++)
        {
            double a = operands[0][k], b = operands.Length > 1 ? operands[1][k] : 0;
            result[k] = s.Kind switch
            {
                ScalarKind.Add => a + b,
                ScalarKind.Subtract => a - b,
                ScalarKind.Multiply => a * b,
                ScalarKind.Divide => a / b,
                ScalarKind.Minimum => Math.Min(a, b),
                ScalarKind.Maximum => Math.Max(a, b),
                ScalarKind.Floor => Math.Floor(a),
                ScalarKind.IfLess => a < b ? operands[2][k] : operands[3][k],
                _ => throw new InvalidOperationException($"side value of kind {s.Kind}"),
            };
        }
        return result;
    }

    static double[] Broadcast(double[] values, int count) =>
        values.Length == count ? values : [.. Enumerable.Repeat(values[0], count)];
}

using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Plan;

/// <summary>The steps that make some matrices, in the order they run, and how long each matrix is needed.</summary>
sealed class MatrixProgram
{
    readonly Dictionary<Matrix, int> _lastUse = [];
    readonly Dictionary<MatrixStep, TensorPasses> _passes = [];

    /// <summary>The program of all that some matrices depend on.</summary>
    public MatrixProgram(IReadOnlyList<Matrix> results)
    {
        Results = results;
        var found = new HashSet<MatrixStep>();
        foreach (var result in results) Collect(result.Maker, found);
        Steps = [.. found.OrderBy(s => s.Number)];
        for (var i = 0; i < Steps.Count; i++)
        {
            foreach (var output in Steps[i].Outputs) _lastUse.TryAdd(output, i);
            foreach (var input in Steps[i].Inputs) _lastUse[input] = i;
            if (((Steps[i] as LoadStep)?.Source ?? (Steps[i] as MergeStep)?.Expression) is { } expression)
                _passes[Steps[i]] = Cut(expression);
        }
        foreach (var result in results) _lastUse[result] = Steps.Count;
    }

    /// <summary>What is read when all steps have run.</summary>
    public IReadOnlyList<Matrix> Results { get; }

    /// <summary>How many matrices a tensor is made of, for each of which the steps run.</summary>
    public long CountIn(PlannedTensor tensor) => tensor.Output.ElementCount / (Results[0].Rows * Results[0].Columns);

    /// <summary>The steps, in order.</summary>
    public IReadOnlyList<MatrixStep> Steps { get; }

    /// <summary>The steps that load tensors.</summary>
    public IEnumerable<LoadStep> Loads => Steps.OfType<LoadStep>();

    /// <summary>The steps that load factors.</summary>
    public IEnumerable<FactorStep> Factors => Steps.OfType<FactorStep>();

    /// <summary>The element-wise passes of all steps that load or merge.</summary>
    public IEnumerable<TensorPasses> Expressions => _passes.Values.Distinct();

    /// <summary>The index of the last step that reads a matrix; the number of steps for results.</summary>
    public int LastUse(Matrix matrix) => _lastUse[matrix];

    /// <summary>The passes of what a step loads, or merges in memory.</summary>
    public TensorPasses PassesOf(MatrixStep step) => _passes[step];

    /// <summary>Steps that load the same of different models share their passes, and so their kernels.</summary>
    TensorPasses Cut(Tensor expression) =>
        _passes.Values.FirstOrDefault(p => ReferenceEquals(p.Output, expression)) ?? TensorPasses.Cut(expression);

    static void Collect(MatrixStep? step, HashSet<MatrixStep> found)
    {
        if (step is null || !found.Add(step)) return;
        foreach (var input in step.Inputs) Collect(input.Maker, found);
        foreach (var operand in step.Operands) Collect(operand, found);
    }

    static void Collect(Numbers numbers, HashSet<MatrixStep> found)
    {
        Collect(numbers.Maker, found);
        foreach (var operand in numbers.Operands) Collect(operand, found);
    }
}

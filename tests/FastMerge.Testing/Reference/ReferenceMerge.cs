using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Testing.Reference;

/// <summary>Merges one tensor by a whole method: its passes in order, each by <see cref="ReferenceProgram"/>.</summary>
sealed class ReferenceMerge
{
    readonly Dictionary<Cut, ElementCut[]> _cuts = [];
    readonly Dictionary<Reduction, double[][]> _sums = [];
    int _count;
    int _models;
    EncodedTensor? _base;
    IReadOnlyList<EncodedTensor> _inputs = [];

    /// <summary>The method.</summary>
    public required MergeMethod Method { get; init; }

    /// <summary>Its parameters.</summary>
    public MethodArguments Arguments { get; init; } = new();

    /// <summary>The dtype of the result.</summary>
    public KernelDType Output { get; init; } = KernelDType.F32;

    /// <summary>The dtype that inputs are rounded to first, if any.</summary>
    public Core.DType? InputRounding { get; init; }

    /// <summary>The length of the last axis of a tensor that has more than one.</summary>
    public int RowLength { get; init; }

    /// <summary>Whether the tensor has at most one axis; by default, whether it has no row length.</summary>
    public bool? IsVector { get; init; }

    /// <summary>The seed of random masks.</summary>
    public ulong Seed { get; init; }

    /// <summary>The stream of random masks.</summary>
    public ulong Stream { get; init; }

    /// <summary>Whether a cut had to be raised to keep one element.</summary>
    public bool Raised { get; private set; }

    /// <summary>The positions on all axes but the first; by default the row length.</summary>
    public int? ColumnCount { get; init; }

    int Rows => RowLength == 0 ? 0 : _count / RowLength;

    int RankedRow => RowLength == 0 ? _count : RowLength;

    int Columns => ColumnCount ?? (RowLength == 0 ? 1 : RowLength);

    /// <summary>The merged tensor.</summary>
    public EncodedTensor Run(EncodedTensor? baseTensor, params IReadOnlyList<EncodedTensor> models)
    {
        (_base, _inputs, _models) = (baseTensor, models, models.Count);
        _count = (baseTensor ?? models[0]).Length;
        var values = Arguments.For(Method, _models);
        var passes = TensorPasses.Cut(Method.Merge(new MergeInputs(
            new(_models, baseTensor is not null, IsVector ?? RowLength == 0), values.Switches)));
        var evaluator = new ScalarEvaluator(values, _count, _models) { RowLength = RankedRow };
        foreach (var pass in passes.Before)
        {
            if (pass is SelectPass select) RunSelect(select, evaluator);
            else RunReduce((ReducePass)pass, evaluator);
        }
        var program = ProgramWriter.Map(passes.Output, InputRounding);
        return new ReferenceProgram(program).Map(RunOf(program, evaluator), Output);
    }

    void RunSelect(SelectPass pass, ScalarEvaluator evaluator)
    {
        var program = ProgramWriter.Histogram(pass.Sources, InputRounding);
        var magnitudes = new ReferenceProgram(program).Magnitudes(RunOf(program, evaluator));
        foreach (var cut in pass.Cuts)
        {
            var keep = evaluator.KeptElements(cut, out var raised);
            Raised |= raised;
            var entry = pass.Sources.ToList().IndexOf(cut.Source) * Math.Max(_models, 1);
            _cuts[cut] = [.. keep.Select((k, model) => ReferenceSelection.Cut(magnitudes[entry + model], k))];
            evaluator.SetThreshold(cut, [.. keep.Select((k, model) =>
                ReferenceSelection.Threshold(magnitudes[entry + model], k))]);
        }
    }

    void RunReduce(ReducePass pass, ScalarEvaluator evaluator)
    {
        var program = ProgramWriter.Reduce(pass.Reductions, InputRounding);
        var (run, reference) = (RunOf(program, evaluator), new ReferenceProgram(program));
        var rows = pass.Scope switch { Scope.Row => Rows, Scope.Column => Columns, _ => 1 };
        var sums = pass.Scope == Scope.Column ? reference.ReduceColumns(run, Columns)
            : reference.Reduce(run, pass.Scope == Scope.Row ? RowLength : 0);
        foreach (var reduction in pass.Reductions) _sums[reduction] = new double[rows][];
        var at = 0;
        for (var row = 0; row < rows; row++)
            foreach (var reduction in pass.Reductions)
            {
                var size = reduction.Kind == ReductionKind.Gram ? _models * (_models + 1) / 2
                    : reduction.PerModel ? _models : 1;
                _sums[reduction][row] = sums[at..(at += size)];
            }
        Set(evaluator, Scope.Tensor, 0);
        Set(evaluator, Scope.Model, 0);
        Set(evaluator, Scope.Row, 0);
        Set(evaluator, Scope.Column, 0);
    }

    /// <summary>Sets the reductions of a scope to those of one row or column.</summary>
    void Set(ScalarEvaluator evaluator, Scope scope, int index)
    {
        foreach (var (reduction, values) in _sums)
            if (reduction.Scope == scope && values.Length > 0) evaluator.SetReduction(reduction, values[index]);
    }

    /// <summary>The arrays of a program: side values of the columns, and ranks by sorting rows.</summary>
    IEnumerable<ReferenceArray> ArraysOf(ElementProgram program, ScalarEvaluator evaluator)
    {
        foreach (var source in program.Arrays)
            foreach (var array in ArraysOf(source, 1, evaluator)) yield return array;
        foreach (var source in program.ModelArrays)
            foreach (var array in ArraysOf(source, _models, evaluator)) yield return array;
    }

    IEnumerable<ReferenceArray> ArraysOf(ArraySource source, int count, ScalarEvaluator evaluator)
    {
        if (source.Column is { } scalar)
        {
            var values = Enumerable.Range(0, count).Select(_ => new float[Columns]).ToArray();
            for (var column = 0; column < Columns; column++)
            {
                Set(evaluator, Scope.Column, column);
                var found = evaluator.Evaluate(scalar);
                for (var k = 0; k < count; k++) values[k][column] = (float)found[found.Length == 1 ? 0 : k];
            }
            return values.Select(v => new ReferenceArray(v, Columns));
        }
        var program = ProgramWriter.Histogram([source.Ranked!.Operands[0]], InputRounding);
        var magnitudes = new ReferenceProgram(program).Magnitudes(RunOf(program, evaluator));
        return magnitudes.Take(count).Select(m => new ReferenceArray(ReferenceSelection.RowRanks(m, RankedRow), 0));
    }

    ReferenceRun RunOf(ElementProgram program, ScalarEvaluator evaluator)
    {
        var uniforms = new List<float>();
        var rows = program.Uniforms.Concat(program.ModelUniforms).Any(u => u.Rows);
        var rowCount = rows ? Rows : 1;
        for (var row = 0; row < rowCount; row++)
        {
            if (rows) Set(evaluator, Scope.Row, row);
            foreach (var uniform in program.Uniforms) uniforms.Add((float)evaluator.Evaluate(uniform)[0]);
            foreach (var uniform in program.ModelUniforms)
                uniforms.AddRange(PerModel(evaluator.Evaluate(uniform), u => (float)u));
        }
        return new()
        {
            Models = program.ReadsModels ? _models : 0,
            Count = _count,
            SingleInputs = program.ReadsBase ? [_base!] : [],
            ModelInputs = _inputs,
            Uniforms = uniforms,
            RowLength = rows ? RowLength : 0,
            RowStride = rowCount == 0 ? 0 : uniforms.Count / rowCount,
            Arrays = [.. ArraysOf(program, evaluator)],
            Cuts = [.. program.Cuts.SelectMany(c => PerModel(_cuts[c], cut => cut))],
            Randoms = [.. program.RandomDensities.SelectMany(d => PerModel(evaluator.Evaluate(d), Philox.Drop)
                .Select((drop, model) => new RandomMask(Seed, Stream, drop, (uint)model)))],
        };
    }

    IEnumerable<TResult> PerModel<T, TResult>(T[] values, Func<T, TResult> convert) =>
        Enumerable.Range(0, Math.Max(_models, 1)).Select(k => convert(values.Length == 1 ? values[0] : values[k]));
}

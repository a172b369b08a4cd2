using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>What the passes of one tensor have found so far: cuts, and reductions by model, tensor, row or
/// column.</summary>
sealed class SideValues
{
    readonly PlannedTensor _tensor;
    readonly ulong _seed;
    readonly ulong _stream;
    readonly ScalarEvaluator _evaluator;
    readonly Dictionary<Cut, ElementCut[]> _cuts = [];
    readonly Dictionary<Reduction, double[]> _whole = [];
    readonly Dictionary<Reduction, (double[] Rows, int Width)> _rows = [];
    readonly Dictionary<Reduction, (double[] Values, int First, int Width)> _columns = [];

    /// <summary>The side values of a tensor whose elements are computed.</summary>
    public SideValues(PlannedTensor tensor, ulong seed, ulong stream)
    {
        (_tensor, _seed, _stream) = (tensor, seed, stream);
        _evaluator = NewEvaluator();
    }

    /// <summary>The number of models.</summary>
    public int Models => _tensor.Models.Length;

    /// <summary>A side value that does not differ from row to row.</summary>
    public double[] Evaluate(Scalar scalar) => _evaluator.Evaluate(scalar);

    /// <summary>How many elements a cut keeps, for each model of its source.</summary>
    public long[] KeptElements(Cut cut, out bool raised) => _evaluator.KeptElements(cut, out raised);

    /// <summary>Notes the cuts of a pass, for each one for each model of its source, whose indexes count from so many
    /// elements before the tensor.</summary>
    public void SetCuts(SelectPass pass, ElementCut[] found, long before)
    {
        var taken = 0;
        foreach (var cut in pass.Cuts)
        {
            var count = cut.Source.PerModel ? Math.Max(1, Models) : 1;
            _cuts[cut] = [.. found[taken..(taken + count)].Select(c => c.From(before))];
            _evaluator.SetThreshold(cut, [.. _cuts[cut].Select(c => c.Magnitude)]);
            taken += count;
        }
    }

    /// <summary>Notes the reductions of a pass over the tensor or the model.</summary>
    public void SetReductions(ReducePass pass, double[] sums)
    {
        foreach (var (reduction, first, count) in Layout(pass))
        {
            _whole[reduction] = sums[first..(first + count)];
            _evaluator.SetReduction(reduction, _whole[reduction]);
        }
    }

    /// <summary>Notes the reductions of a pass by row: <paramref name="width"/> numbers for each row.</summary>
    public void SetRowReductions(ReducePass pass, double[] sums, long rows, int width)
    {
        foreach (var (reduction, first, count) in Layout(pass))
        {
            var part = new double[rows * count];
            for (var row = 0; row < rows; row++)
                sums.AsSpan(row * width + first, count).CopyTo(part.AsSpan(row * count));
            _rows[reduction] = (part, count);
        }
    }

    /// <summary>Notes the reductions of a pass by column: for each number the values of all columns.</summary>
    public void SetColumnReductions(ReducePass pass, double[] values)
    {
        foreach (var (reduction, first, count) in Layout(pass)) _columns[reduction] = (values, first, count);
    }

    /// <summary>The values a program asks for; without those that differ from row to row.</summary>
    public ProgramValues For(ElementProgram program)
    {
        var uniforms = HasRows(program) ? [] : new float[BoundProgram.UniformBlock(program, Models)];
        if (uniforms.Length > 0) WriteUniforms(_evaluator, program, uniforms);
        return new(uniforms, [.. program.Cuts.SelectMany(PerModel)], [.. program.RandomDensities.SelectMany(Masks)],
            Columns(program));
    }

    /// <summary>The values that differ from row to row, from the row of a range's first element on.</summary>
    public RowValues RowsOf(ElementProgram program, ElementRange range)
    {
        if (!HasRows(program) || range.Count == 0) return default;
        var (first, last) = (range.First / _tensor.RowLength, (range.End - 1) / _tensor.RowLength);
        return new(_tensor.RowLength, RowUniforms(program, first, last - first + 1));
    }

    static bool HasRows(ElementProgram program) => program.Uniforms.Concat(program.ModelUniforms).Any(u => u.Rows);

    float[] RowUniforms(ElementProgram program, long firstRow, long rows)
    {
        var block = BoundProgram.UniformBlock(program, Models);
        var blocks = new float[Math.Max(1, rows * block)];
        var evaluator = Copy();
        for (long row = 0; row < rows; row++)
        {
            foreach (var (reduction, (values, width)) in _rows)
                evaluator.SetReduction(reduction, values.AsSpan((int)((firstRow + row) * width), width).ToArray());
            WriteUniforms(evaluator, program, blocks.AsSpan((int)(row * block), block));
        }
        return blocks;
    }

    /// <summary>Where each reduction's numbers are among those of a pass.</summary>
    IEnumerable<(Reduction Reduction, int First, int Count)> Layout(ReducePass pass)
    {
        var next = 0;
        foreach (var reduction in pass.Reductions)
        {
            var count = reduction.Width(Models);
            yield return (reduction, next, count);
            next += count;
        }
    }

    /// <summary>The arrays of a program: of a value by column those of all columns, of ranks nothing.</summary>
    float[]?[] Columns(ElementProgram program)
    {
        var sources = program.Arrays.Select(a => (a.Column, Model: 0)).Concat(program.ModelArrays.SelectMany(
            a => Enumerable.Range(0, Models).Select(k => (a.Column, Model: k)))).ToArray();
        var arrays = sources.Select(s => s.Column is null ? null : new float[_tensor.ColumnCount]).ToArray();
        if (sources.All(s => s.Column is null)) return arrays;
        var evaluator = Copy();
        for (var column = 0; column < _tensor.ColumnCount; column++)
        {
            foreach (var (reduction, (values, first, width)) in _columns)
                evaluator.SetReduction(reduction, [.. Enumerable.Range(first, width)
                    .Select(v => values[v * _tensor.ColumnCount + column])]);
            for (var i = 0; i < sources.Length; i++)
                if (sources[i] is { Column: { } scalar, Model: var k })
                    arrays[i]![column] = (float)At(evaluator.Evaluate(scalar), k);
        }
        return arrays;
    }

    static double At(double[] values, int model) => values[values.Length == 1 ? 0 : model];

    void WriteUniforms(ScalarEvaluator evaluator, ElementProgram program, Span<float> block)
    {
        try
        {
            WriteValues(evaluator, program, block);
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            // What a method refuses to go on with, in the tensor it was found in.
            throw new FastMergeException(e.Kind, $"tensor {DisplayText.Escape(_tensor.Output.Name)}: {e.Message}", e);
        }
    }

    void WriteValues(ScalarEvaluator evaluator, ElementProgram program, Span<float> block)
    {
        var next = 0;
        foreach (var uniform in program.Uniforms) block[next++] = (float)evaluator.Evaluate(uniform)[0];
        foreach (var uniform in program.ModelUniforms)
        {
            var values = evaluator.Evaluate(uniform);
            for (var k = 0; k < Models; k++) block[next++] = (float)values[values.Length == 1 ? 0 : k];
        }
    }

    ElementCut[] PerModel(Cut cut)
    {
        var found = _cuts[cut];
        return found.Length == Models ? found : [.. Enumerable.Repeat(found[0], Math.Max(1, Models))];
    }

    IEnumerable<RandomMask> Masks(Scalar density)
    {
        var values = _evaluator.Evaluate(density);
        for (var k = 0; k < Math.Max(1, Models); k++)
            yield return new(_seed, _stream, RandomMask.DropOf(values[values.Length == 1 ? 0 : k]), (uint)k);
    }

    /// <summary>An evaluator that knows what holds for the whole tensor.</summary>
    ScalarEvaluator Copy()
    {
        var evaluator = NewEvaluator();
        foreach (var (reduction, result) in _whole) evaluator.SetReduction(reduction, result);
        foreach (var (cut, found) in _cuts) evaluator.SetThreshold(cut, [.. found.Select(c => c.Magnitude)]);
        return evaluator;
    }

    ScalarEvaluator NewEvaluator() =>
        new(_tensor.Work!.Values, _tensor.Output.ElementCount, Models, _tensor.Work.Group.ElementCount)
        { RowLength = _tensor.RowLength };
}

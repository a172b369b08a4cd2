using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Engine;

/// <summary>
/// Where the matrices of a program lie in one block of memory: each as long as it is needed, a result until the end.
/// </summary>
sealed class MatrixLayout
{
    const long Alignment = 4096;

    static readonly System.Runtime.CompilerServices.ConditionalWeakTable<MatrixProgram, MatrixLayout> Known = [];

    readonly Dictionary<Matrix, long> _offsets = [];
    readonly List<(long First, long End)> _taken = [];

    MatrixLayout(MatrixProgram program)
    {
        for (var i = 0; i < program.Steps.Count; i++)
        {
            var step = program.Steps[i];
            // The larger ones first: they have to find a gap.
            foreach (var output in step.Outputs.OrderByDescending(o => o.Bytes))
                _offsets[output] = Replaced(program, step, i, output) ?? Take(output.Bytes);
            WorkBytes = Math.Max(WorkBytes, Work(step));
            Bytes = Math.Max(Bytes, _taken.Select(t => t.End).DefaultIfEmpty(0).Max());
            var kept = step.Inputs.Concat(step.Outputs).Concat(_offsets.Keys).Distinct()
                .Where(m => program.LastUse(m) > i).Select(m => _offsets[m]).ToHashSet();
            _taken.RemoveAll(t => !kept.Contains(t.First));
        }
    }

    /// <summary>Bytes of the block.</summary>
    public long Bytes { get; }

    /// <summary>Bytes that the steps work in, beside the matrices.</summary>
    public long WorkBytes { get; }

    /// <summary>Where a matrix begins.</summary>
    public long this[Matrix matrix] => _offsets[matrix];

    /// <summary>The layout of a program.</summary>
    public static MatrixLayout Of(MatrixProgram program) => Known.GetValue(program, p => new(p));

    /// <summary>The place of the input that the first output of a step may take.</summary>
    long? Replaced(MatrixProgram program, MatrixStep step, int index, Matrix output)
    {
        if (step.MayReplace < 0 || step.MayReplace >= step.Inputs.Count || output != step.Outputs[0]) return null;
        var input = step.Inputs[step.MayReplace];
        return program.LastUse(input) == index && input.Bytes == output.Bytes
            && step.Inputs.Count(i => i == input) == 1 ? _offsets[input] : null;
    }

    /// <summary>The first gap that is large enough.</summary>
    long Take(long bytes)
    {
        var size = Math.Max(1, (bytes + Alignment - 1) / Alignment) * Alignment;
        long first = 0;
        foreach (var (start, end) in _taken.Order())
        {
            if (start - first >= size) break;
            first = Math.Max(first, end);
        }
        _taken.Add((first, first + size));
        return first;
    }

    static long Work(MatrixStep step) => step switch
    {
        MultiplyStep m => Of(MatrixWork.Multiply, m.Outputs[0],
            m.TransposeA ? m.Inputs[0].Rows : m.Inputs[0].Columns),
        GramStep g => Of(MatrixWork.Gram, step.Inputs[0], g.OfRows ? 1 : 0),
        SolveStep => Of(MatrixWork.Solve, step.Inputs[0]),
        FeatureWeightsStep => MatrixArena.WorkBytes(
            MatrixWork.Solve, step.Inputs[0].Rows, step.Inputs[1].Rows, step.Inputs[0].Columns),
        QrStep => Of(MatrixWork.Qr, step.Inputs[0]),
        PolarStep p => Of(MatrixWork.Polar, step.Inputs[0], p.IsComplete ? 2 : p.IsExact ? 1 : 0),
        ValuesStep => Of(MatrixWork.Spectrum, step.Inputs[0]),
        TruncateStep => Of(MatrixWork.Spectrum, step.Inputs[0], step.Inputs[0].Side),
        LeadingStep => Of(MatrixWork.Spectrum, step.Inputs[0], step.Outputs[0].Columns),
        MergeStep => step.Outputs[0].Bytes,
        _ => 0,
    };

    static long Of(MatrixWork work, Matrix a, long count = 0) => MatrixArena.WorkBytes(work, a.Rows, a.Columns, count);
}

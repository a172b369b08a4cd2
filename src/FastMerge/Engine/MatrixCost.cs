using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Engine;

/// <summary>Floating-point operations of matrix work, those in binary32 and those in binary64.</summary>
readonly record struct MatrixCost(double Single, double Double)
{
    /// <summary>Of reductions to a band or three diagonals: they run at a part of the speed of products.</summary>
    const double Reduction = 3;

    /// <summary>What a tensor and everything below it costs.</summary>
    public static MatrixCost Of(PlannedTensor tensor)
    {
        var below = tensor.Stages.Select(Of);
        if (tensor.Work?.Passes.Matrices is not { } program) return Sum(below);
        var count = program.CountIn(tensor);
        var own = Sum(program.Steps.Select(Of));
        return Sum([.. below, .. MatrixLoads.Of(tensor).Select(Of), new(own.Single * count, own.Double * count)]);
    }

    /// <summary>Several together.</summary>
    public static MatrixCost Sum(IEnumerable<MatrixCost> costs) =>
        costs.Aggregate(default(MatrixCost), (a, b) => new(a.Single + b.Single, a.Double + b.Double));

    /// <summary>Seconds at some speeds, in operations a second.</summary>
    public double Seconds(MatrixSpeed speed) => Single / speed.Single + Double / speed.Double;

    static MatrixCost Of(MatrixStep step)
    {
        if (step.Inputs.Count == 0) return default;
        var a = step.Inputs[0];
        double n = a.Side, m = Math.Max(a.Rows, a.Columns);
        switch (step)
        {
            case MultiplyStep s:
                var inner = s.TransposeA ? a.Rows : a.Columns;
                return new(2.0 * s.Outputs[0].Rows * s.Outputs[0].Columns * inner, 0);
            case GramStep s: return new(0, (double)a.Rows * a.Columns * s.Outputs[0].Rows);
            case SolveStep: return new(0, n * n * n / 3 + 2.0 * a.Rows * a.Columns * step.Inputs[1].Rows);
            case FeatureWeightsStep:
                double k = a.Columns;
                return new(0, k * k * (a.Rows + step.Inputs[1].Rows) + k * k * k / 3);
            case QrStep: return new(4 * m * n * n, 0);
            // One step of Halley's iteration in binary64, three in binary32, on the triangle of a tall matrix.
            case PolarStep:
                var isTall = m > n ? 1 : 0;
                return new((10 * n + 2 * m * isTall) * n * n, (10 * n / 3 + m * isTall) * n * n);
            case ValuesStep: return new(0, m * n * n + Reduction * 4 * n * n * n / 3);
            case TruncateStep: return new(m * n * n + (Reduction * 4 / 3 + 2) * n * n * n + m * n * n, 0);
            case LeadingStep:
                double vectors = step.Outputs[0].Columns;
                return new(2 * m * n * vectors, m * n * n + Reduction * 4 * n * n * n / 3 + 4 * n * n * vectors);
            default: return default;
        }
    }
}

/// <summary>How many operations of matrix products a second are done here.</summary>
readonly record struct MatrixSpeed(double Single, double Double)
{
    const int Side = 768;

    /// <summary>Measures products of small matrices, which takes a few hundredths of a second.</summary>
    public static MatrixSpeed Measure(int threads)
    {
        using var memory = new NativeBlock(3L * Side * Side * sizeof(double));
        using var arena = new MatrixArena(MatrixArena.WorkBytes(MatrixWork.Multiply, Side, Side, Side), threads);
        return new(Measure(arena, memory, isDouble: false), Measure(arena, memory, isDouble: true));
    }

    static unsafe double Measure(MatrixArena arena, NativeBlock memory, bool isDouble)
    {
        MatrixView At(int i) => new((nint)memory.Data + i * Side * Side * sizeof(double), Side, Side, isDouble);
        var best = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            var watch = System.Diagnostics.Stopwatch.StartNew();
            arena.Multiply(At(0), false, At(1), false, At(2));
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        return 2.0 * Side * Side * Side / best;
    }
}

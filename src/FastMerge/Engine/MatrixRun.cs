using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Engine;

/// <summary>One run of a matrix program: where its matrices are, how large they came out, and what numbers were
/// found.</summary>
sealed class MatrixRun(
    MatrixProgram program, MatrixLayout layout, NativeBlock memory, MatrixArena arena, TensorSweeps sweeps,
    TensorState state)
{
    /// <summary>From this side on a spectrum is first taken in binary32.</summary>
    const long FastSide = 1024;

    /// <summary>Relative change of a spectrum under which a decision has to hold.</summary>
    const double Margin = 4e-6;

    /// <summary>Directions below this share of the largest are not told apart in binary32.</summary>
    const double FastShare = 1e-2;

    /// <summary>The share of values that may be zeros without being seen as such: half of them come out negative, and
    /// from one in a hundred on they are taken for zeros.</summary>
    const double FewZeros = 0.02;

    /// <summary>Values below this share of the largest may be errors of binary32 alone.</summary>
    const double NoiseShare = 1e-3;

    readonly Dictionary<Matrix, MatrixView> _views = [];
    readonly Dictionary<Numbers, double[]> _numbers = [];

    /// <summary>The steps: each load by itself, what is between them together.</summary>
    public IEnumerable<IReadOnlyList<MatrixStep>> Parts
    {
        get
        {
            var between = new List<MatrixStep>();
            foreach (var step in program.Steps)
            {
                if (step is not (LoadStep or FactorStep))
                {
                    between.Add(step);
                    continue;
                }
                if (between.Count > 0) yield return between;
                between = [];
                foreach (var output in step.Outputs) _views[output] = View(output);
                yield return [step];
            }
            if (between.Count > 0) yield return between;
        }
    }

    /// <summary>Where a matrix begins.</summary>
    public nint Place(Matrix matrix) => PlaceIn(memory, layout, matrix);

    /// <summary>Where a matrix begins in a program's memory.</summary>
    public static unsafe nint PlaceIn(NativeBlock memory, MatrixLayout layout, Matrix matrix) =>
        (nint)(memory.Data + layout[matrix]);

    /// <summary>Where the results of one of several matrices lie, result after result.</summary>
    public static unsafe nint PlaceIn(
        MatrixProgram program, NativeBlock all, Matrix result, long index, long count)
    {
        long place = 0;
        foreach (var other in program.Results.TakeWhile(r => r != result)) place += other.Bytes * count;
        return (nint)(all.Data + place + index * result.Bytes);
    }

    /// <summary>Puts the results beside those of the other matrices of the tensor.</summary>
    public void CopyResults(NativeBlock all, long index, long count)
    {
        foreach (var result in program.Results)
            MatrixArena.Add(1, View(result), false, 0,
                new(PlaceIn(program, all, result, index, count), result.Rows, result.Columns));
    }

    /// <summary>Makes every element of the results NaN.</summary>
    public void FillWithNaN()
    {
        foreach (var result in program.Results)
            MatrixArena.Scale(View(result), [.. Enumerable.Repeat(double.NaN, (int)result.Rows)], []);
    }

    /// <summary>Takes factors that were loaded.</summary>
    public void Take(FactorStep step, MatrixView left, MatrixView right, double scale)
    {
        MatrixArena.Add(1, left, false, 0, _views[step.Outputs[0]]);
        MatrixArena.Add(1, right, false, 0, _views[step.Outputs[1]]);
        Set(step, 0, [scale]);
    }

    /// <summary>Runs a step.</summary>
    public void Do(MatrixStep step, string name, Worker worker)
    {
        switch (step)
        {
            case MultiplyStep s: Multiply(s); break;
            case AddStep s: Add(s); break;
            case ScaleStep s: Scale(s); break;
            case JoinStep s: Join(s); break;
            case PartStep s: Part(s); break;
            case GramStep s: Gram(s); break;
            case SolveStep s:
                arena.Solve(In(s, 1), Number(s, 0), In(s, 0), Out(s, 0, In(s, 0).Rows, In(s, 0).Columns));
                break;
            case FeatureWeightsStep s:
                Set(s, 0, arena.FeatureWeights(In(s, 0), In(s, 1), Of(s.Operands[0]), Number(s, 1)));
                break;
            case DotsStep s: Set(s, 0, MatrixArena.Dots(In(s, 0), In(s, 1), s.ByColumns)); break;
            case QrStep s: Qr(s); break;
            case PolarStep s: Polar(s); break;
            case ValuesStep s: Values(s); break;
            case TruncateStep s: Truncate(s); break;
            case LeadingStep s: Leading(s); break;
            case MergeStep s: Merge(s, name, worker); break;
            default: throw new InvalidOperationException(step.GetType().Name);
        }
    }

    void Multiply(MultiplyStep s)
    {
        var (a, b) = (In(s, 0), In(s, 1));
        arena.Multiply(a, s.TransposeA, b, s.TransposeB,
            Out(s, 0, s.TransposeA ? a.Columns : a.Rows, s.TransposeB ? b.Rows : b.Columns));
    }

    void Add(AddStep s)
    {
        var first = In(s, 0);
        var sum = Out(s, 0, s.Transpose ? first.Columns : first.Rows, s.Transpose ? first.Rows : first.Columns);
        for (var i = 0; i < s.Inputs.Count; i++)
            MatrixArena.Add(Number(s, i), In(s, i), s.Transpose, i == 0 ? 0 : 1, sum);
    }

    void Scale(ScaleStep s)
    {
        var a = In(s, 0);
        var scaled = Out(s, 0, a.Rows, a.Columns);
        if (scaled.Data != a.Data) MatrixArena.Add(1, a, false, 0, scaled);
        MatrixArena.Scale(
            scaled, s.HasRows ? Broadcast(s.Operands[0], a.Rows) : [],
            s.HasColumns ? Broadcast(s.Operands[^1], a.Columns) : []);
    }

    void Join(JoinStep s)
    {
        var parts = s.Inputs.Select(i => _views[i]).ToArray();
        var joined = s.Above ? Out(s, 0, parts.Sum(p => p.Rows), parts[0].Columns)
            : Out(s, 0, parts[0].Rows, parts.Sum(p => p.Columns));
        long next = 0;
        foreach (var part in parts)
        {
            MatrixArena.Add(1, part, false, 0,
                s.Above ? joined.RowsFrom(next, part.Rows) : joined.ColumnsFrom(next, part.Columns));
            next += s.Above ? part.Rows : part.Columns;
        }
    }

    void Part(PartStep s)
    {
        var a = In(s, 0);
        var size = s.OfRows ? a.Rows : a.Columns;
        var first = Math.Clamp(s.IsByNumbers ? (long)Number(s, 0) : s.First, 0, size);
        var count = Math.Clamp(s.IsByNumbers ? (long)Number(s, 1) : s.Count, 0, Math.Min(s.Count, size - first));
        MatrixArena.Add(
            1, s.OfRows ? a.RowsFrom(first, count) : a.ColumnsFrom(first, count), false, 0,
            Out(s, 0, s.OfRows ? count : a.Rows, s.OfRows ? a.Columns : count));
    }

    void Gram(GramStep s)
    {
        var a = In(s, 0);
        var side = s.OfRows ? a.Rows : a.Columns;
        var sum = Out(s, 0, side, side);
        if (s.Inputs.Count > 1 && In(s, 1).Data != sum.Data) MatrixArena.Add(1, In(s, 1), false, 0, sum);
        arena.Gram(Number(s, 0), a, s.OfRows, s.Inputs.Count > 1 ? 1 : 0, sum);
    }

    void Qr(QrStep s)
    {
        var a = In(s, 0);
        arena.Qr(a, Out(s, 0, a.Rows, a.Columns), Out(s, 1, a.Columns, a.Columns));
    }

    void Polar(PolarStep s)
    {
        var a = In(s, 0);
        var found = arena.Polar(a, s.IsComplete, s.IsExact, Out(s, 0, a.Rows, a.Columns));
        Set(s, 0, [found.NuclearNorm]);
        Set(s, 1, [found.Rank]);
    }

    void Values(ValuesStep s)
    {
        using var spectrum = arena.Spectrum(In(s, 0), precise: true);
        Set(s, 0, spectrum.Values);
    }

    void Truncate(TruncateStep s)
    {
        var a = In(s, 0);
        var operands = s.Operands.Select(Of).ToArray();
        if (Math.Min(a.Rows, a.Columns) >= FastSide)
        {
            using var fast = arena.Spectrum(a, precise: false);
            if (Decide(s.Rule, fast.Values, operands) is { } decided)
            {
                Project(s, fast, decided, a);
                return;
            }
        }
        using var spectrum = arena.Spectrum(a, precise: true);
        Project(s, spectrum, s.Rule(spectrum.Values, operands), a);
    }

    void Project(TruncateStep s, MatrixSpectrum spectrum, Truncation kept, MatrixView a)
    {
        var rank = Math.Clamp(kept.Rank, 0, spectrum.Values.Length);
        spectrum.Project(rank, kept.Scale, Out(s, 0, a.Rows, a.Columns));
        Set(s, 0, spectrum.Values);
    }

    /// <summary>What a rule says of values in binary32; null if better values might make it say another rank.</summary>
    static Truncation? Decide(TruncationRule rule, double[] values, double[][] operands)
    {
        var decided = rule(values, operands);
        var rank = (int)Math.Clamp(decided.Rank, 0, values.Length);
        if (rank == 0 || values[rank - 1] < FastShare * values[0]) return null;
        foreach (var change in new[] { 1 + Margin, 1 - Margin })
        {
            double[] moved = [.. values.Select((v, i) => i < rank ? v * change : v)];
            if (rule(moved, operands).Rank != decided.Rank) return null;
            moved = [.. values.Select((v, i) => i < rank - 1 ? v * change : v)];
            if (rule(moved, operands).Rank != decided.Rank) return null;
        }
        // Zeros come out of binary32 as something. The library sees it where there are many; a few may pass for values.
        var few = values.Length * FewZeros;
        double[] without =
            [.. values.Select((v, i) => v < NoiseShare * values[0] && i >= values.Length - few ? 0 : v)];
        var other = rule(without, operands);
        var difference = Math.Abs(other.Scale - decided.Scale);
        return other.Rank == decided.Rank && difference <= NoiseShare * Math.Abs(decided.Scale) ? decided : null;
    }

    void Leading(LeadingStep s)
    {
        var a = In(s, 0);
        using var spectrum = arena.Spectrum(a, precise: true);
        var rank = Math.Clamp(
            s.Rule(spectrum.Values, [.. s.Operands.Select(Of)]).Rank, 0,
            Math.Min(s.Outputs[0].Columns, spectrum.Values.Length));
        var (left, right) = (Out(s, 0, s.HasLeft ? a.Rows : 0, rank), Out(s, 1, s.HasRight ? a.Columns : 0, rank));
        spectrum.Vectors(s.HasLeft ? left : null, s.HasRight ? right : null);
        Set(s, 0, spectrum.Values[..(int)rank]);
        Set(s, 1, spectrum.Values);
    }

    void Merge(MergeStep s, string name, Worker worker)
    {
        var (rows, columns) = (In(s, 0).Rows, In(s, 0).Columns);
        var merged = Out(s, 0, rows, columns);
        if (rows * columns == 0) return;
        var tensor = MatrixLoads.TensorOf(state.Tensor, program, s, rows, columns);
        sweeps.MergeInMemory(tensor, name, [.. s.Inputs.Select(i => _views[i].Data)], merged.Data, worker);
    }

    MatrixView In(MatrixStep step, int index) => _views[step.Inputs[index]];

    MatrixView Out(MatrixStep step, int index, long rows, long columns)
    {
        var output = step.Outputs[index];
        if (rows > output.Rows || columns > output.Columns)
            throw new InvalidOperationException(
                $"{step.GetType().Name}: {rows} x {columns}, planned {output.Rows} x {output.Columns}");
        return _views[output] = new(Place(output), rows, columns, output.IsDouble);
    }

    MatrixView View(Matrix matrix) => new(Place(matrix), matrix.Rows, matrix.Columns, matrix.IsDouble);

    double Number(MatrixStep step, int operand) => Of(step.Operands[operand])[0];

    double[] Broadcast(Numbers numbers, long count)
    {
        var values = Of(numbers);
        return values.Length == 1 && count != 1 ? [.. Enumerable.Repeat(values[0], (int)count)] : values;
    }

    void Set(MatrixStep step, int index, double[] values) => _numbers[step.Found[index]] = values;

    double[] Of(Numbers numbers)
    {
        if (!_numbers.TryGetValue(numbers, out var values))
            _numbers[numbers] = values = numbers.Scalar is { } scalar ? state.Values!.Evaluate(scalar)
                : numbers.Function!([.. numbers.Operands.Select(Of)]);
        return values;
    }
}

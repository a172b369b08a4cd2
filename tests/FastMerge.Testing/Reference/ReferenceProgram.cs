using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>
/// The oracle of every backend: interprets an element program one element after the other, in the
/// operation order of the program.
/// </summary>
sealed class ReferenceProgram(ElementProgram program)
{
    /// <summary>The output of a Map pass.</summary>
    public EncodedTensor Map(ReferenceRun run, KernelDType output)
    {
        var state = new ElementState(program, run);
        var size = ScalarCodec.Size(output);
        var bytes = new byte[run.Count * size];
        for (var i = 0; i < run.Count; i++)
        {
            state.Run(i);
            ScalarCodec.Encode(output, state.Outputs[0], bytes.AsSpan(i * size));
        }
        return new(output, bytes);
    }

    /// <summary>The sums of a Reduce pass over a whole tensor, or over whole rows, each row's in turn.</summary>
    public double[] Reduce(ReferenceRun run) => Reduce(run, run.RowLength);

    /// <summary>The sums of rows of a length, whatever rows its side values have; of the whole tensor if it is
    /// 0.</summary>
    public double[] Reduce(ReferenceRun run, long rowLength)
    {
        var state = new ElementState(program, run);
        var terms = new double[run.Count][];
        for (var i = 0; i < run.Count; i++)
        {
            state.Run(i);
            terms[i] = [.. state.Terms];
        }
        var (rows, length) = rowLength == 0 ? (1, run.Count) : (run.Count / (int)rowLength, (int)rowLength);
        var sums = new List<double>();
        for (var row = 0; row < rows; row++)
            for (var value = 0; value < state.Terms.Length; value++)
                sums.Add(state.IsMaximum[value]
                    ? Largest(Enumerable.Range(row * length, length).Select(i => terms[i][value]))
                    : FixedTree.Sum(length, i => terms[row * length + i][value]));
        return [.. sums];
    }

    /// <summary>The values of each column in turn, added up in index order.</summary>
    public double[] ReduceColumns(ReferenceRun run, int columns)
    {
        var state = new ElementState(program, run);
        var width = state.Terms.Length;
        var values = new double[columns * width];
        for (var i = 0; i < values.Length; i++) values[i] = state.IsMaximum[i % width] ? double.NegativeInfinity : 0;
        for (var i = 0; i < run.Count; i++)
        {
            state.Run(i);
            for (var v = 0; v < width; v++)
            {
                ref var value = ref values[i % columns * width + v];
                value = state.IsMaximum[v] ? Largest([value, state.Terms[v]]) : value + state.Terms[v];
            }
        }
        return values;
    }

    static double Largest(IEnumerable<double> values) =>
        values.Aggregate(double.NegativeInfinity, (a, b) => double.IsNaN(a) || a >= b ? a : b) + 0.0;

    /// <summary>The magnitudes that each histogram entry sees.</summary>
    public uint[][] Magnitudes(ReferenceRun run)
    {
        var state = new ElementState(program, run);
        var magnitudes = state.Magnitudes.Select(_ => new uint[run.Count]).ToArray();
        for (var i = 0; i < run.Count; i++)
        {
            state.Run(i);
            for (var entry = 0; entry < magnitudes.Length; entry++) magnitudes[entry][i] = state.Magnitudes[entry];
        }
        return magnitudes;
    }
}

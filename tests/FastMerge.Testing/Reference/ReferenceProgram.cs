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
    public double[] Reduce(ReferenceRun run)
    {
        var state = new ElementState(program, run);
        var terms = new double[run.Count][];
        for (var i = 0; i < run.Count; i++)
        {
            state.Run(i);
            terms[i] = [.. state.Terms];
        }
        var (rows, length) = run.RowLength == 0 ? (1, run.Count) : (run.Count / (int)run.RowLength, (int)run.RowLength);
        var sums = new List<double>();
        for (var row = 0; row < rows; row++)
            for (var value = 0; value < state.Terms.Length; value++)
                sums.Add(FixedTree.Sum(length, i => terms[row * length + i][value]));
        return [.. sums];
    }

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

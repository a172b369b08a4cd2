using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>Bytes that the matrices of a tensor need, and threads that work on one.</summary>
static class MatrixMemory
{
    const long OneThreadElements = 1 << 22;

    /// <summary>Bytes of a tensor's matrices, of those it is loaded from, and of the stages below it.</summary>
    public static long Of(PlannedTensor tensor)
    {
        var below = tensor.Stages.Sum(Of);
        if (tensor.Work?.Passes.Matrices is not { } program) return below;
        var layout = MatrixLayout.Of(program);
        return below + layout.Bytes + layout.WorkBytes + ResultBytes(tensor, program)
            + program.Loads.Sum(l => Of(MatrixLoads.TensorOf(tensor, program, l)));
    }

    /// <summary>
    /// Bytes of the results of all matrices of a tensor; nothing where there is one, whose results stay where they were
    /// made.
    /// </summary>
    public static long ResultBytes(PlannedTensor tensor, MatrixProgram program)
    {
        var count = program.CountIn(tensor);
        return count <= 1 ? 0 : count * program.Results.Sum(r => r.Bytes);
    }

    /// <summary>
    /// Threads that work on one matrix. Small ones are worked on side by side, by a thread each. Only the size decides,
    /// as the number of threads is part of the bits.
    /// </summary>
    public static int Threads(MatrixProgram program, int threads) =>
        Threads(program.Steps.SelectMany(s => s.Outputs).Max(m => m.Rows * m.Columns), threads);

    /// <summary>Threads that work on a matrix of so many elements.</summary>
    public static int Threads(long elements, int threads) => elements <= OneThreadElements ? 1 : threads;
}

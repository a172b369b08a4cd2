namespace FastMerge.Tests.Oracles.Spectral;

/// <summary>
/// How far a result in binary32 may be from the oracle's. A backward stable algorithm gives the exact result for
/// inputs that differ by a few rounding errors of their norm. So the oracle is asked what the worst of some random
/// changes of norm 2^-23 ||task||_F does to its result; the bound is that many times, for the number of operations
/// that round one after the other, plus a rounding of the output. It grows with the condition of the problem and with
/// nothing else.
/// </summary>
static class Sensitivity
{
    const double RoundingErrors = 64;
    const double RoundingOfOutput = 1.0 / (1 << 21);
    const int Trials = 3;

    /// <summary>The largest distance allowed, in the Frobenius norm.</summary>
    public static double Bound(RealMatrix[] tasks, RealMatrix output, Func<RealMatrix[], RealMatrix> oracle)
    {
        var random = new Random(7);
        var exact = oracle(tasks);
        var moved = Enumerable.Range(0, Trials).Max(
            _ => (oracle([.. tasks.Select(t => Changed(t, random))]) - exact).Norm);
        return RoundingErrors * moved + RoundingOfOutput * output.Norm;
    }

    static RealMatrix Changed(RealMatrix task, Random random)
    {
        var noise = RealMatrix.Normal(task.Rows, task.Columns, random);
        return task + task.Norm / noise.Norm / (1 << 23) * noise;
    }
}

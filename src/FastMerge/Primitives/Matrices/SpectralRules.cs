namespace FastMerge.Primitives.Matrices;

/// <summary>Which of the leading directions are kept.</summary>
static class SpectralRules
{
    /// <summary>
    /// The share of the largest singular value up to which rounding decides over a direction: 2^-21, four units of
    /// binary32.
    /// </summary>
    public const double Undetermined = 1.0 / (1 << 21);

    /// <summary>Those that the data determine, or so many of them at most.</summary>
    public static TruncationRule Determined(long most = long.MaxValue) =>
        (s, _) => new(Math.Min(most, CountAbove(s, Undetermined * s.FirstOrDefault())));

    /// <summary>
    /// The fewest whose sum is at least a share of the nuclear norm, in percent, the first operand. What is kept is
    /// multiplied so that the nuclear norm is what it was. A second operand is a known rank: the matrix is then
    /// taken for its leading part of that rank.
    /// </summary>
    public static TruncationRule NuclearShare { get; } = (s, operands) =>
    {
        var known = operands.Length > 1 ? Math.Min(s.Length, (int)operands[1][0]) : s.Length;
        var total = s.Take(known).Sum();
        if (total == 0) return new(0);
        var (kept, rank) = (0.0, 0);
        do kept += s[rank++];
        while (rank < known && kept < total * operands[0][0] / 100);
        return new(rank, total / kept);
    };

    /// <summary>Those with s above the one operand's share of the largest.</summary>
    public static Truncation AboveShare(double[] spectrum, double[][] operands) =>
        new(CountAbove(spectrum, operands[0][0] * spectrum[0]));

    /// <summary>
    /// The fewest whose squares sum to at least a share of all squares, the first operand, but not more than the second
    /// operand, nor directions that rounding decides over.
    /// </summary>
    public static Truncation EnergyShare(double[] spectrum, double[][] operands)
    {
        var needed = operands[0][0] * spectrum.Sum(s => s * s);
        var (rank, found) = (0, 0.0);
        while (rank < spectrum.Length && rank < operands[1][0] && spectrum[rank] > Undetermined * spectrum[0]
            && (found < needed || operands[0][0] == 1))
            found += spectrum[rank] * spectrum[rank++];
        return new(rank);
    }

    /// <summary>Those with s above the one operand.</summary>
    public static Truncation AboveOperand(double[] spectrum, double[][] operands) =>
        new(CountAbove(spectrum, operands[0][0]));

    /// <summary>How many values, largest first, are above a number.</summary>
    public static long CountAbove(double[] values, double bound) => values.TakeWhile(v => v > bound).LongCount();
}

namespace FastMerge.Primitives.Matrices;

/// <summary>Which of the leading directions are kept.</summary>
static class SpectralRules
{
    /// <summary>Those with s above a share of the largest.</summary>
    public static TruncationRule Above(double share) => (s, _) => new(s.TakeWhile(v => v > share * s[0]).LongCount());

    /// <summary>Those with s above a number.</summary>
    public static TruncationRule AboveAbsolute(double value) => (s, _) => new(s.TakeWhile(v => v > value).LongCount());
}

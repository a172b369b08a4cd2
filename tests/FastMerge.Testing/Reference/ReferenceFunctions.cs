namespace FastMerge.Testing.Reference;

/// <summary>exp, log and tanh in the operation order of the kernels, by other means than bit patterns.</summary>
static class ReferenceFunctions
{
    const float Ln2High = 0.693359375f;
    const float Ln2Low = (float)(0.69314718055994530942 - 0.693359375);
    const float SquareRootOfHalf = 0.70710677f;

    /// <summary>e to the power of a.</summary>
    public static float Exp(float a)
    {
        if (float.IsNaN(a)) return a;
        var x = Math.Clamp(a, -104f, 89f);
        var k = MathF.Round(x * 1.44269504f);
        var r = (x - k * Ln2High) - k * Ln2Low;
        var q = Polynomial(r, 0.00138144649f, 0.00836878084f, 0.0416683927f, 0.166665196f, 0.49999994f);
        return (float)Math.ScaleB(1f + (r + (r * r) * q), (int)k);
    }

    /// <summary>The natural logarithm.</summary>
    public static float Log(float a)
    {
        if (float.IsNaN(a) || a < 0) return float.NaN;
        if (a == 0 || float.IsInfinity(a)) return a == 0 ? float.NegativeInfinity : a;
        var exponent = Math.ILogB((double)a) + 1;
        var m = (float)Math.ScaleB((double)a, -exponent);
        if (m < SquareRootOfHalf) (m, exponent) = (2 * m, exponent - 1);
        float f = m - 1f, k = exponent;
        float s = f / (2f + f), z = s * s, h = 0.5f * (f * f);
        var q = z * Polynomial(z, 0.235835344f, 0.285372406f, 0.400003374f, 0.666666627f);
        return k * Ln2High + (f - (h - (s * (h + q) + k * Ln2Low)));
    }

    /// <summary>The hyperbolic tangent.</summary>
    public static float Tanh(float a)
    {
        if (float.IsNaN(a)) return a;
        float x = MathF.Abs(a), z = x * x;
        var q = Polynomial(z, -0.00605685543f, 0.0209202636f, -0.0538164265f, 0.133322567f, -0.333333075f);
        return MathF.CopySign(x < 0.55f ? x + (x * z) * q : 1f - 2f / (Exp(x + x) + 1f), a);
    }

    static float Polynomial(float x, params ReadOnlySpan<float> highestFirst)
    {
        float sum = 0;
        foreach (var c in highestFirst) sum = c + x * sum;
        return sum;
    }
}

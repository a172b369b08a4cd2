using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Oracles;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Oracles;

/// <summary>
/// Each method's expression, interpreted in binary32, against its oracle in binary64, over random tensors and
/// parameters. Entries and weights are multiples of small powers of two, so that differences and votes are exact and
/// both sides select the same elements.
/// </summary>
public class ExpressionOracleTests
{
    const int Rounds = 150;

    public static TheoryData<string> Methods() => [.. MethodCatalog.All.Select(m => m.Signature.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Expression_AgreesWithTheOracle(string name)
    {
        var method = MethodCatalog.Find(name)!;
        // Short vectors may cancel, and the ratio of Model Stock then hangs on the last bit.
        var shortest = name == "model_stock" ? 8 : 1;
        var random = new Random(name.Length * 1000 + name[0]);
        for (var round = 0; round < Rounds; round++)
        {
            var rowLength = random.Next(4) == 0 ? 0 : random.Next(shortest, 24);
            var count = rowLength == 0 ? random.Next(shortest, 300) : rowLength * random.Next(1, 12);
            var models = Math.Min(random.Next(method.Signature.MinModels, 6), method.Signature.MaxModels);
            var readsBase = method.Signature.Base is BaseUse.Required or BaseUse.EndPoint;
            var start = Values(random, count, 1024);
            float[][] tensors = [.. Enumerable.Range(0, models).Select(_ => Sum(start, Values(random, count, 64)))];
            var p = Parameters(random, models, rowLength);
            var merge = new ReferenceMerge
            {
                Method = method, Arguments = Arguments(method, p), RowLength = rowLength,
                Seed = p.Seed, Stream = p.Stream,
            };
            var actual = merge.Run(readsBase ? Stored(start) : null, [.. tensors.Select(Stored)]).ToArray();
            var expected = MergeOracles.ByName[name](Doubles(start), [.. tensors.Select(Doubles)], p);
            Compare(expected, actual, $"{name}, round {round}: {p}");
        }
    }

    static void Compare(double[] expected, float[] actual, string where)
    {
        const double Tolerance = 2e-5;
        var largest = expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Tolerance * largest,
                $"element {i} is {actual[i]:R} instead of {expected[i]:R}; {where}");
    }

    static OracleParameters Parameters(Random random, int models, int rowLength)
    {
        double[] PerModel(Func<double> value) => [.. Enumerable.Range(0, models).Select(_ => value())];
        return new()
        {
            // Positive sums only: a sum of weights near zero says nothing about an expression.
            Weight = [2, .. PerModel(() => random.Next(-8, 24) / 16.0).Skip(1).Select(w => Math.Max(w, -0.25))],
            Density = PerModel(() => random.Next(6) switch { 0 => 1, 1 => 0, _ => random.NextDouble() }),
            Gamma = PerModel(() => random.Next(3) == 0 ? 0 : random.NextDouble() / 2),
            Scale = random.Next(2) == 0 ? null : random.Next(-8, 8) / 4.0,
            Lambda = random.Next(3) == 0 ? 1 : random.NextDouble() * 2,
            T = random.Next(4) == 0 ? random.Next(2) : random.NextDouble(),
            Normalize = random.Next(2) == 0,
            Rescale = random.Next(2) == 0,
            FilterWise = random.Next(2) == 0,
            RowLength = rowLength,
            Seed = (ulong)random.NextInt64(),
            Stream = (ulong)random.NextInt64(),
        };
    }

    static MethodArguments Arguments(MergeMethod method, OracleParameters p)
    {
        var arguments = new MethodArguments();
        foreach (var parameter in method.Signature.Parameters)
            _ = parameter.Name switch
            {
                "weight" => arguments.Set("weight", p.Weight),
                "density" => arguments.Set("density", p.Density),
                "gamma" => arguments.Set("gamma", p.Gamma),
                "scale" => p.Scale is { } scale ? arguments.Set("scale", scale) : arguments,
                "lambda" => arguments.Set("lambda", p.Lambda),
                "t" => arguments.Set("t", p.T),
                "normalize" => arguments.Set("normalize", p.Normalize),
                "rescale" => arguments.Set("rescale", p.Rescale),
                "filter_wise" => arguments.Set("filter_wise", p.FilterWise),
                _ => Assert.IsType<Flag>(parameter).Ignored ? arguments : throw new ArgumentException(parameter.Name),
            };
        return arguments;
    }

    /// <summary>Numbers in units of 2^-12, up to as many units as said; some are zero, small ranges repeat.</summary>
    static float[] Values(Random random, int count, int units)
    {
        var range = random.Next(3) == 0 ? 4 : units;
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(-range, range + 1) / 4096f)];
    }

    static float[] Sum(float[] left, float[] right) => [.. left.Zip(right, (a, b) => a + b)];

    static double[] Doubles(float[] values) => [.. values.Select(v => (double)v)];

    static EncodedTensor Stored(float[] values) => EncodedTensor.Of(KernelDType.F32, values);
}

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
    public static TheoryData<string> Methods() => [.. MethodCatalog.All.Select(m => m.Signature.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Expression_AgreesWithTheOracle(string name) => Compare(name, 50, name.Length * 1000 + name[0]);

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(Methods))]
    public void Expression_OfManyDraws_AgreesWithTheOracle(string name) => Compare(name, 300, name[0]);

    static void Compare(string name, int rounds, int seed)
    {
        var method = MethodCatalog.Find(name)!;
        // Short vectors may cancel, and the ratio of Model Stock then hangs on the last bit.
        var shortest = name == "model_stock" ? 8 : 1;
        var random = new Random(seed);
        for (var round = 0; round < rounds; round++)
        {
            var rowLength = random.Next(4) == 0 ? 0 : random.Next(shortest, 24);
            var count = rowLength == 0 ? random.Next(shortest, 300) : rowLength * random.Next(1, 12);
            var models = Math.Min(random.Next(method.Signature.MinModels, 6), method.Signature.MaxModels);
            var readsBase = method.Signature.Base is BaseUse.Required or BaseUse.EndPoint
                || (method.Signature.Base == BaseUse.Optional && random.Next(2) == 0);
            // Quantiles of products, thresholds of multiples: with multiples of one number many an entry would be equal
            // to a border, but for rounding.
            float[] Draw(int units) => name is "arcee_fusion" or "pcb" or "consensus_ta" or "consensus_ties"
                ? [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * units / 2048)]
                : Values(random, count, units);
            var start = Draw(1024);
            // Divergences of softmaxes that hardly differ are rounding in binary32.
            var change = name == "arcee_fusion" ? 4096 : 64;
            float[][] tensors = [.. Enumerable.Range(0, models).Select(_ => Sum(start, Draw(change)))];
            var arguments = OracleArguments.Random(method, models, random);
            var p = OracleArguments.Parameters(arguments.For(method, models), method) with
            {
                HasBase = readsBase, RowLength = rowLength,
                Seed = (ulong)random.NextInt64(), Stream = (ulong)random.NextInt64(),
            };
            var merge = new ReferenceMerge
            {
                Method = method, Arguments = arguments, RowLength = rowLength, Seed = p.Seed, Stream = p.Stream,
            };
            var actual = merge.Run(readsBase ? Stored(start) : null, [.. tensors.Select(Stored)]).ToArray();
            var expected = MergeOracles.ByName[name](Doubles(start), [.. tensors.Select(Doubles)], p);
            Compare(expected, actual, $"{name}, round {round}: {p} {arguments}");
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

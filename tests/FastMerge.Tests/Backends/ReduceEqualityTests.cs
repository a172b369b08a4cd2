using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>Reduce on the CPU backend against the reference's fixed tree, bit for bit.</summary>
[Collection(NativeTargets.Name)]
public class ReduceEqualityTests
{
    const int Leaf = 4096;
    const uint Interpret = 1, ZeroNonFinite = 2;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(255)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(3 * 4096 + 5)]
    [InlineData(7 * 4096)]
    public void Sums_are_those_of_the_reference(int count)
    {
        var dtypes = Enum.GetValues<KernelDType>();
        for (var models = 1; models <= (count > Leaf ? 3 : 9); models++)
            foreach (var program in Programs())
                Compare(program, new Samples(count).Run(
                    program, models, dtypes[(count + models) % 6], count, special: models == 2), Whole);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Sums_do_not_depend_on_chunks(int leavesOfAChunk)
    {
        foreach (var program in Programs())
            Compare(
                program, new Samples(3).Run(program, 2, KernelDType.BF16, 11 * Leaf + 77, special: false),
                (compiled, tensors, run, flags) => Chunked(compiled, tensors, run, leavesOfAChunk * Leaf, flags));
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(3, 33)]
    [InlineData(16, 9)]
    [InlineData(257, 5)]
    [InlineData(4099, 3)]
    public void Rows_have_sums_of_their_own(int length, int rows)
    {
        foreach (var program in Programs())
            for (var models = 1; models <= 5; models += 2)
            {
                var run = new Samples(rows).Run(
                    program, models, KernelDType.F16, rows * length, rowLength: length, special: models == 3);
                Compare(program, run, Whole);
                Compare(program, run, (compiled, tensors, r, flags) => RowByRow(compiled, tensors, r, length, flags));
            }
    }

    [Fact]
    public void Non_finite_elements_add_nothing_on_request()
    {
        foreach (var program in Programs())
            Compare(
                program, new Samples(8).Run(program, 3, KernelDType.F16, 5000) with { ZeroNonFinite = true }, Whole);
    }

    static IEnumerable<ElementProgram> Programs()
    {
        foreach (var program in CatalogueExpressions.All()
            .SelectMany(e => TensorPasses.Cut(e.Output).Before.OfType<ReducePass>())
            .Select(p => ProgramWriter.Reduce(p.Reductions, null)).DistinctBy(p => p.Hash()))
            yield return program;
        var (b, models) = (Tensor.Base(), Tensor.Models());
        var deltas = models - b;
        yield return ProgramWriter.Reduce(
            [
                new(ReductionKind.Sum, Scope.Tensor, deltas), new(ReductionKind.Gram, Scope.Tensor, deltas),
                new(ReductionKind.AbsoluteSum, Scope.Tensor, b), new(ReductionKind.Dot, Scope.Tensor, deltas, b),
                new(ReductionKind.Dot, Scope.Tensor, models, Ops.Sum(deltas)), new(ReductionKind.Sum, Scope.Tensor, b),
            ],
            Core.DType.BF16);
    }

    delegate double[] Runner(CompiledProgram program, NativeTensors tensors, ReferenceRun run, uint flags);

    static void Compare(ElementProgram program, ReferenceRun run, Runner runner)
    {
        var expected = new ReferenceProgram(program).Reduce(run).Select(Bits).ToArray();
        using var compiled = new CompiledProgram(program);
        using var tensors = new NativeTensors(run, KernelDType.F32, run.Models % 4);
        NativeTargets.ForEach(target =>
        {
            foreach (var flags in new[] { 0u, Interpret })
            {
                var sums = runner(compiled, tensors, run, flags);
                Assert.True(
                    expected.SequenceEqual(sums.Select(Bits)),
                    $"{target}, flags {flags}, {run.Count} elements, {run.Models} models: {string.Join(' ', sums)} "
                    + "instead of " + string.Join(' ', expected.Select(BitConverter.Int64BitsToDouble)));
            }
        });
    }

    static double[] Whole(CompiledProgram program, NativeTensors tensors, ReferenceRun run, uint flags) =>
        Reduce(program, tensors, run, 0, run.Count, flags);

    static double[] Chunked(
        CompiledProgram program, NativeTensors tensors, ReferenceRun run, int chunk, uint flags)
    {
        var chunks = new List<double[]>();
        for (var first = 0; first < run.Count; first += chunk)
            chunks.Add(Reduce(program, tensors, run, first, Math.Min(chunk, run.Count - first), flags));
        return [.. program.Maxima(run.Models).Select((isMaximum, value) => isMaximum
            ? chunks.Max(c => c[value]) : FixedTree.Pairs([.. chunks.Select(c => c[value])]))];
    }

    static double[] RowByRow(
        CompiledProgram program, NativeTensors tensors, ReferenceRun run, int length, uint flags) =>
        [.. Enumerable.Range(0, run.Count / length)
            .SelectMany(r => Reduce(program, tensors, run, r * length, length, flags))];

    static unsafe double[] Reduce(
        CompiledProgram program, NativeTensors tensors, ReferenceRun run, int first, int count, uint flags)
    {
        var rows = run.RowLength == 0 ? 1 : count / (int)run.RowLength;
        var sums = new double[program.ReductionCount(run.Models) * rows];
        var native = tensors.Over(first, count, flags | (run.ZeroNonFinite ? ZeroNonFinite : 0));
        program.Reduce(&native, sums, "test");
        return sums;
    }

    static long Bits(double value) => BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value);
}

using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>Map on the CPU backend against the reference, bit for bit.</summary>
[Collection(NativeTargets.Name)]
public class MapEqualityTests
{
    const uint Interpret = 1;
    const uint ZeroNonFinite = 2;
    const uint CountNonFinite = 4;
    const int Length = 560;
    const int LongestRun = 257;
    const int MostModels = 9;

    static readonly KernelDType[] All = Enum.GetValues<KernelDType>();

    public static TheoryData<string> Methods => [.. MethodCatalog.All.Select(m => m.Signature.Name)];

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_method_gives_the_bits_of_the_reference(string method)
    {
        var signature = MethodCatalog.Find(method)!.Signature;
        foreach (var program in MapPrograms(method))
            for (var models = signature.MinModels; models <= Math.Min(signature.MaxModels, MostModels); models++)
                foreach (var (input, output) in DTypePairs(models))
                    Compare(program, models, input, output);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void A_catalogue_program_of_one_dtype_runs_in_a_generated_kernel(string method)
    {
        foreach (var program in MapPrograms(method))
        {
            var models = Math.Max(MethodCatalog.Find(method)!.Signature.MinModels, 1);
            using var compiled = new CompiledProgram(program);
            using var tensors = new NativeTensors(
                new Samples(1).Run(program, models, KernelDType.BF16, 64), KernelDType.BF16, 0);
            Assert.True(IsGenerated(compiled, tensors, 0));
            Assert.False(IsGenerated(compiled, tensors, Interpret));
        }
    }

    [Fact]
    public void Expressions_outside_the_catalogue_give_the_bits_of_the_reference()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var program = ProgramWriter.Map(
                new RandomExpressions(seed).Single(), seed % 5 == 0 ? Core.DType.BF16 : null);
            ProgramRules.Check(program);
            Compare(program, models: 1 + seed % 5, All[seed % All.Length], All[seed / 3 % All.Length]);
        }
    }

    [Fact]
    public void Elements_far_into_a_tensor_have_the_right_index()
    {
        foreach (var method in new[] { "ties", "dare_linear", "breadcrumbs" })
            foreach (var first in new[] { 1L << 31, (1L << 36) + 13, (1L << 44) + 63 })
                Compare(MapPrograms(method)[0], 3, KernelDType.F32, KernelDType.F32, first);
    }

    [Fact]
    public void A_program_runs_on_many_threads_at_once()
    {
        var program = MapPrograms("dare_ties")[0];
        using var compiled = new CompiledProgram(program);
        Parallel.For(0, 64, i =>
        {
            var run = new Samples(i).Run(program, 1 + i % 6, KernelDType.BF16, Length);
            var expected = new ReferenceProgram(program).Map(run, KernelDType.BF16);
            using var tensors = new NativeTensors(run, KernelDType.BF16, i % 4);
            for (var repeat = 0; repeat < 50; repeat++)
                Assert.True(tensors.MapGives(compiled, expected, repeat, Length - repeat, i % 2 == 0 ? 0 : Interpret));
        });
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(Interpret)]
    public void Non_finite_elements_are_counted_and_read_as_zero_on_request(uint flags)
    {
        foreach (var dtype in All)
        {
            var program = MapPrograms("task_arithmetic")[0];
            var run = new Samples((int)dtype).Run(program, 3, dtype, Length);
            var expected = new ReferenceProgram(program).Map(run with { ZeroNonFinite = true }, KernelDType.F8E5M2);
            using var compiled = new CompiledProgram(program);
            using var tensors = new NativeTensors(run, KernelDType.F8E5M2, 1);
            var all = flags | ZeroNonFinite | CountNonFinite;
            Assert.True(tensors.MapGives(compiled, expected, 0, 300, all));
            Assert.True(tensors.MapGives(compiled, expected, 300, Length - 300, all));
            var counts = run.SingleInputs.Concat(run.ModelInputs).Append(expected)
                .Select(t => (long)t.ToArray().Count(v => !float.IsFinite(v)));
            Assert.Equal(counts, tensors.NonFinite);
        }
    }

    static ElementProgram[] MapPrograms(string method) =>
        [.. CatalogueExpressions.All().Where(e => e.Method == method)
            .Select(e => ProgramWriter.Map(TensorPasses.Cut(e.Output).Output, null)).DistinctBy(p => p.Hash())];

    /// <summary>All six of one dtype and some mixed ones for a few model counts, two for the others.</summary>
    static IEnumerable<(KernelDType Input, KernelDType Output)> DTypePairs(int models)
    {
        yield return (KernelDType.BF16, KernelDType.BF16);
        yield return (All[models % 6], All[(models + models / 2) % 6]);
        if (models is not (1 or 3)) yield break;
        foreach (var dtype in All.Where(d => d != KernelDType.BF16)) yield return (dtype, dtype);
        foreach (var dtype in All.Where(d => d != KernelDType.F32)) yield return (dtype, KernelDType.F32);
        foreach (var dtype in All.Where(d => d != KernelDType.F32)) yield return (KernelDType.F32, dtype);
    }

    static void Compare(
        ElementProgram program, int models, KernelDType input, KernelDType output, long first = 0)
    {
        var samples = new Samples(HashCode.Combine(7, models, (int)input));
        var run = samples.Run(program, models, input, Length, models % 2 == 0 ? 37 : 0, first);
        var expected = new ReferenceProgram(program).Map(run, output);
        using var compiled = new CompiledProgram(program);
        using var tensors = new NativeTensors(run, output, models % 4);
        var step = input == KernelDType.BF16 && output == KernelDType.BF16 ? 1 : 6;
        NativeTargets.ForEach(target =>
        {
            for (var count = 0; count <= LongestRun; count += step)
                foreach (var flags in new uint[] { 0, Interpret })
                {
                    var start = first == 0 ? count * 37 % (Length - LongestRun) : 0;
                    if (!tensors.MapGives(compiled, expected, start, count, flags))
                        Assert.Fail($"{target}, flags {flags}, {models} models, {input} to {output}, "
                            + $"{count} elements from {start}: {tensors.Difference(expected, start, count)}");
                }
        });
    }

    static unsafe bool IsGenerated(CompiledProgram program, NativeTensors tensors, uint flags)
    {
        var run = tensors.Over(0, 64, flags);
        return program.IsGenerated(&run);
    }
}

using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>Lowering of expressions to element programs.</summary>
public class ProgramWriterTests
{
    [Fact]
    public void Every_program_of_the_catalogue_obeys_the_rules()
    {
        var programs = CatalogueExpressions.All().SelectMany(e => ProgramsOf(e.Output)).ToArray();
        Assert.True(programs.Length > 100, $"{programs.Length} programs");
        foreach (var program in programs) ProgramRules.Check(program);
    }

    [Fact]
    public void The_number_of_models_does_not_change_a_program()
    {
        var hashes = CatalogueExpressions.All().Where(e => e.Method == "ties")
            .Select(e => ProgramWriter.Map(e.Output, null).Hash()).Distinct();
        Assert.Equal(2, hashes.Count()); // normalize; rescale is a side value
    }

    [Fact]
    public void Sums_over_sums_take_one_loop_each()
    {
        var models = Tensor.Models();
        var centred = models - Ops.Sum(models) * 0.5;
        var program = ProgramWriter.Map(Ops.Sum(centred * centred), null);
        ProgramRules.Check(program);
        Assert.Equal(2, program.Instructions.Count(i => i.Op == OpCode.ForModels));
        var run = new ReferenceRun { Models = 2, Count = 1, ModelInputs = [F32(1), F32(5)] };
        Assert.Equal([8f], new ReferenceProgram(program).Map(run, KernelDType.F32).ToArray());
    }

    [Fact]
    public void Input_rounding_follows_every_load()
    {
        var program = ProgramWriter.Map(Tensor.Base() + Ops.Sum(Tensor.Models()), DType.BF16);
        ProgramRules.Check(program);
        Assert.Equal(2, program.Instructions.Count(i => i.Op == OpCode.RoundTo));
        var run = new ReferenceRun
        {
            Models = 1, Count = 1, SingleInputs = [F32(1 + 1 / 512f)], ModelInputs = [F32(2 + 1 / 256f)],
        };
        Assert.Equal([3f], new ReferenceProgram(program).Map(run, KernelDType.F32).ToArray());
    }

    [Fact]
    public void A_sum_of_negative_zeros_stays_negative()
    {
        var program = ProgramWriter.Map(Ops.Sum(Tensor.Models()), null);
        var run = new ReferenceRun { Models = 2, Count = 1, ModelInputs = [F32(-0f), F32(-0f)] };
        Assert.Equal(F32(-0f).Bytes, new ReferenceProgram(program).Map(run, KernelDType.F32).Bytes);
    }

    [Fact]
    public void A_reduction_of_a_model_against_a_sum_over_models_is_written()
    {
        var models = Tensor.Models();
        var program = ProgramWriter.Reduce([new(ReductionKind.Dot, Scope.Tensor, models, Ops.Sum(models))], null);
        ProgramRules.Check(program);
        var run = new ReferenceRun { Models = 2, Count = 2, ModelInputs = [F32(1, 2), F32(3, 4)] };
        Assert.Equal([1 * 4 + 2 * 6, 3 * 4 + 4 * 6], new ReferenceProgram(program).Reduce(run));
    }

    [Fact]
    public void Reductions_of_all_kinds_lie_in_sink_order()
    {
        var (b, models) = (Tensor.Base(), Tensor.Models());
        var program = ProgramWriter.Reduce(
            [
                new(ReductionKind.Gram, Scope.Tensor, models), new(ReductionKind.Sum, Scope.Tensor, b),
                new(ReductionKind.AbsoluteSum, Scope.Tensor, models), new(ReductionKind.Dot, Scope.Tensor, b, b),
            ],
            null);
        ProgramRules.Check(program);
        var run = new ReferenceRun
        {
            Models = 2, Count = 2, SingleInputs = [F32(-1, 3)], ModelInputs = [F32(1, -2), F32(3, 4)],
        };
        Assert.Equal([5, -5, 25, 2, 3, 7, 10], new ReferenceProgram(program).Reduce(run));
    }

    [Fact]
    public void Equal_side_values_and_constants_share_a_place()
    {
        var weight = Scalar.Of(new PerModel("weight", 1, Bounds.Any, ""));
        var models = Tensor.Models();
        var program = ProgramWriter.Map(Ops.Sum(models * weight + models * weight + models * 2.0 * 2.0), null);
        Assert.Single(program.ModelUniforms);
        Assert.Single(program.Literals);
    }

    static IEnumerable<ElementProgram> ProgramsOf(Tensor output)
    {
        var passes = TensorPasses.Cut(output);
        foreach (var part in passes.Matrices?.Expressions.SelectMany(e => ProgramsOf(e.Output)) ?? [])
            yield return part;
        foreach (var pass in passes.Before.Where(p => p is not MatrixPass))
            yield return pass is SelectPass select
                ? ProgramWriter.Histogram(select.Sources, null)
                : ProgramWriter.Reduce(((ReducePass)pass).Reductions, null);
        yield return ProgramWriter.Map(passes.Output, null);
        yield return ProgramWriter.Map(passes.Output, DType.BF16);
    }

    static EncodedTensor F32(params float[] values) => EncodedTensor.Of(KernelDType.F32, values);
}

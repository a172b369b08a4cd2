using FastMerge.Core;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Plan;

/// <summary>A tensor in memory, all of it binary32.</summary>
sealed record MemorySource(TensorSpec Spec) : TensorSource(Spec)
{
    /// <inheritdoc/>
    public override IEnumerable<Checkpoint.InputTensor> StoredInputs => [];
}

/// <summary>The tensors that matrices are loaded from: element-wise merges, binary32, that are never written.</summary>
static class MatrixLoads
{
    /// <summary>All that a tensor's program loads.</summary>
    public static IEnumerable<PlannedTensor> Of(PlannedTensor tensor) =>
        tensor.Work?.Passes.Matrices is { } program ? program.Loads.Select(l => TensorOf(tensor, program, l)) : [];

    /// <summary>What a step of a tensor's program loads.</summary>
    public static PlannedTensor TensorOf(PlannedTensor tensor, MatrixProgram program, LoadStep load)
    {
        var work = tensor.Work!;
        return tensor with
        {
            Output = tensor.Output with { DType = DType.F32 },
            Work = work with
            {
                Passes = program.PassesOf(load),
                Values = load.Model is { } model ? work.Values.OfModel(model) : work.Values,
            },
            Models = load.Model is { } only ? [tensor.Models[only]] : tensor.Models,
        };
    }

    /// <summary>What a step merges in memory: so many matrices of one shape over a base of zeros.</summary>
    public static PlannedTensor TensorOf(
        PlannedTensor tensor, MatrixProgram program, MergeStep merge, long rows, long columns)
    {
        var spec = new TensorSpec(tensor.Output.Name, DType.F32, [rows, columns]);
        return tensor with
        {
            Output = spec,
            Work = tensor.Work! with { Passes = program.PassesOf(merge), InputRounding = null },
            Base = new MemorySource(spec),
            Models = [.. merge.Inputs.Select(_ => new MemorySource(spec))],
        };
    }
}

using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>Compiled programs of passes; tensors that go through the same passes share them.</summary>
/// <param name="device">What runs their Map passes; null is the CPU.</param>
sealed class ProgramCache(Device? device) : IDisposable
{
    readonly Dictionary<(object Pass, DType? Rounding), CompiledProgram> _programs = [];

    /// <summary>The program of a pass before the last.</summary>
    public CompiledProgram Of(Pass pass, DType? rounding) => Get(pass, rounding, () => pass switch
    {
        SelectPass select => ProgramWriter.Histogram(select.Sources, rounding),
        ReducePass reduce => ProgramWriter.Reduce(reduce.Reductions, rounding),
        _ => throw new InvalidOperationException(pass.GetType().Name),
    });

    /// <summary>The program of the last pass.</summary>
    public CompiledProgram Map(TensorWork work) =>
        Get(work.Passes, work.InputRounding, () => ProgramWriter.Map(work.Passes.Output, work.InputRounding));

    /// <summary>The program of a tensor whose elements are ranked in their rows.</summary>
    public CompiledProgram Rank(Tensor ranked, DType? rounding) =>
        Get(ranked, rounding, () => ProgramWriter.Histogram([ranked.Operands[0]], rounding));

    CompiledProgram Get(object pass, DType? rounding, Func<ElementProgram> write)
    {
        lock (_programs)
        {
            if (!_programs.TryGetValue((pass, rounding), out var compiled))
                _programs[(pass, rounding)] = compiled = new CompiledProgram(write(), device);
            return compiled;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var program in _programs.Values) program.Dispose();
    }
}

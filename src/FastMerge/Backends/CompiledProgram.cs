using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>An element program that the native library has checked. It runs on the CPU; its Map pass on a device, if
/// one is given.</summary>
sealed unsafe class CompiledProgram : IDisposable
{
    readonly ProgramHandle _handle;
    readonly Device? _device;

    /// <summary>Compiles a program.</summary>
    public CompiledProgram(ElementProgram program, Device? device = null)
    {
        (Program, _device) = (program, device);
        var words = program.ToWords();
        NativeError error;
        fixed (uint* data = words)
        {
            var status = NativeMethods.ProgramCreate(data, words.Length, out var handle, &error);
            NativeFailure.ThrowIfFailed(status, error, "element program");
            _handle = ProgramHandle.Own(handle);
        }
    }

    /// <summary>The program and its symbols.</summary>
    public ElementProgram Program { get; }

    /// <summary>The native handle, for a selection's passes.</summary>
    public ProgramHandle Handle => _handle;

    /// <summary>The number of sums a Reduce run yields for K models.</summary>
    public int ReductionCount(int models)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.ProgramReductions(_handle, models, out var count, &error), error, "element program");
        return (int)count;
    }

    /// <summary>Which of the numbers of a Reduce run are largest values, not sums.</summary>
    public bool[] Maxima(int models)
    {
        var maxima = new byte[ReductionCount(models)];
        NativeError error;
        fixed (byte* data = maxima)
            NativeFailure.ThrowIfFailed(
                NativeMethods.ProgramMaxima(_handle, models, data, maxima.Length, &error), error, "element program");
        return [.. maxima.Select(m => m != 0)];
    }

    /// <summary>Runs a Map pass over a chunk.</summary>
    public void Map(NativeRun* run, string what)
    {
        if (_device?.CanRun(run, Program) == true)
        {
            _device.Map(_handle, run, what);
            return;
        }
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.MapRun(_handle, run, &error), error, what);
    }

    /// <summary>Whether a Map run would use a generated kernel.</summary>
    public bool IsGenerated(NativeRun* run)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.MapIsGenerated(_handle, run, out var generated, &error), error, "element program");
        return generated != 0;
    }

    /// <summary>Runs a Reduce pass over a chunk, or over whole rows.</summary>
    public void Reduce(NativeRun* run, Span<double> sums, string what)
    {
        NativeError error;
        fixed (double* data = sums)
            NativeFailure.ThrowIfFailed(NativeMethods.ReduceRun(_handle, run, data, sums.Length, &error), error, what);
    }

    /// <summary>Adds a chunk to reductions by column.</summary>
    public void ReduceColumns(NativeRun* run, Span<double> values, string what)
    {
        NativeError error;
        fixed (double* data = values)
            NativeFailure.ThrowIfFailed(
                NativeMethods.ReduceColumnsRun(_handle, run, data, values.Length, &error), error, what);
    }

    /// <summary>Ranks the magnitudes of whole rows.</summary>
    public void Rank(NativeRun* run, float* ranks, long count, string what)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.RankRun(_handle, run, ranks, count, &error), error, what);
    }

    /// <summary>Bytes that ranking rows of a length takes beside the ranks.</summary>
    public static long RankBytes(long rowLength) => NativeMethods.RankBytes(rowLength);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}

using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The next reading that a selection asks for.</summary>
readonly record struct SelectionPass(long First, long Count, bool Ordered);

/// <summary>
/// Finds cuts: how far down the magnitudes of a tensor, or of several one after the other, a number of elements
/// reaches. Count over all of it, then <see cref="Next"/> until it asks for nothing more, then <see cref="Cuts"/>.
/// </summary>
sealed unsafe class Selection : IDisposable
{
    readonly SelectHandle _handle;
    readonly int _requests;

    /// <summary>
    /// Prepares a selection; a request is a histogram entry, a number of elements to keep, and whether the threshold
    /// is wanted as a number even when all are kept.
    /// </summary>
    public Selection(
        int entries, IReadOnlyList<(int Entry, long Keep, bool Exact)> requests, long elementCount, int workers)
    {
        _requests = requests.Count;
        var native = requests.Select(r => new NativeSelectRequest
        {
            Entry = r.Entry, Keep = r.Keep, Exact = r.Exact ? 1 : 0,
        }).ToArray();
        NativeError error;
        fixed (NativeSelectRequest* data = native)
        {
            var status = NativeMethods.SelectCreate(
                entries, data, native.Length, elementCount, workers, out var handle, &error);
            NativeFailure.ThrowIfFailed(status, error, "selection");
            _handle = SelectHandle.Own(handle);
        }
    }

    /// <summary>Bytes a selection allocates at most.</summary>
    public static long Bytes(int entries, int requests, long elementCount, int workers) =>
        NativeMethods.SelectBytes(entries, requests, elementCount, workers);

    /// <summary>Runs the current reading over a chunk of a tensor that is behind a number of elements.</summary>
    public void Run(CompiledProgram program, NativeRun* run, long before, int worker, string what)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.SelectRun(_handle, program.Handle, run, before, worker, &error), error, what);
    }

    /// <summary>Ends the current reading; the next one, or null when the cuts are known.</summary>
    public SelectionPass? Next()
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(
            NativeMethods.SelectNext(_handle, out var more, out var first, out var count, out var ordered, &error),
            error, "selection");
        return more == 0 ? null : new(first, count, ordered != 0);
    }

    /// <summary>The cuts, one for each request.</summary>
    public ElementCut[] Cuts()
    {
        var cuts = new NativeCut[_requests];
        NativeError error;
        fixed (NativeCut* data = cuts)
            NativeFailure.ThrowIfFailed(NativeMethods.SelectCuts(_handle, data, &error), error, "selection");
        return [.. cuts.Select(c => new ElementCut(c.Threshold, c.Index))];
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}

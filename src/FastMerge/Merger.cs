using System.Runtime.CompilerServices;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Engine.Sinks;

namespace FastMerge;

/// <summary>
/// Merges checkpoints. Every failure is a <see cref="FastMergeException"/> whose kind is the exit code of
/// the command line; cancellation is an <see cref="OperationCanceledException"/>, and a cancelled merge to a
/// folder can be resumed.
/// </summary>
public static partial class Merger
{
    /// <summary>Plans a merge from headers alone and writes nothing.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The output folder, for the disk check; null if there is none.</param>
    /// <param name="options">How it would run.</param>
    public static MergePlan Plan(RecipeSource recipe, string? output = null, MergeOptions? options = null) =>
        MergeSession.Open(recipe, options ?? new(), FileStorage.Instance).Describe(output);

    /// <summary>Merges to a folder, or to the sink that the options name.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The output folder; null only with another sink.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="events">Receives plan, warnings and progress, on any thread.</param>
    /// <param name="cancellation">Stops the merge at the next chunk.</param>
    public static Task<MergeReport> MergeAsync(
        RecipeSource recipe, string? output, MergeOptions? options = null, IProgress<MergeEvent>? events = null,
        CancellationToken cancellation = default) =>
        RunAsync(recipe, output, options ?? new(), events, FileStorage.Instance, cancellation);

    /// <summary>
    /// Merges and yields whole tensors, layer by layer in natural order, from pooled buffers. Nothing is
    /// written; at most as many tensors as fit the memory budget are under way.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">How it runs; options of output folders have no meaning here.</param>
    /// <param name="events">Receives plan, warnings and progress, on any thread.</param>
    /// <param name="cancellation">Stops the merge at the next chunk.</param>
    public static async IAsyncEnumerable<MergedTensor> StreamAsync(
        RecipeSource recipe, MergeOptions? options = null, IProgress<MergeEvent>? events = null,
        [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var session = await Task.Run(
            () => MergeSession.Open(recipe, options ?? new(), FileStorage.Instance, keepsWholeTensors: true),
            cancellation)
            .ConfigureAwait(false);
        using var sink = new StreamSink(session.Specs, session.WholeTensorBytes);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var run = MergeRun.Start(session, null, events);
        var engine = Task.Factory.StartNew(() => Feed(run, sink, stop.Token), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var tensor in sink.Ready.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                yield return tensor;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await engine.ConfigureAwait(false);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    internal static Task<MergeReport> RunAsync(
        RecipeSource recipe, string? output, MergeOptions options, IProgress<MergeEvent>? events, IStorage storage,
        CancellationToken cancellation)
    {
        if (output is null && options.Sink == OutputSink.Folder)
            throw new FastMergeException(
                FailureKind.Usage, "no output folder is given; it may be absent only with the null or hash sink");
        return Task.Factory.StartNew(
            () => StorageFailure.Translate(() => Merge(recipe, output, options, events, storage, cancellation)),
            CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    static MergeReport Merge(
        RecipeSource recipe, string? output, MergeOptions options, IProgress<MergeEvent>? events, IStorage storage,
        CancellationToken cancellation)
    {
        var session = MergeSession.Open(recipe, options, storage);
        var target = options.Sink == OutputSink.Folder ? output : null;
        var run = MergeRun.Start(session, target, events);
        switch (options.Sink)
        {
            case OutputSink.Null:
                run.Execute(new NullSink(), cancellation);
                return run.Report(null);
            case OutputSink.Hash:
                var hashes = new HashSink(session.Specs);
                run.Execute(hashes, cancellation);
                return run.Report(null) with { Hash = hashes.Result() };
            default:
                return FolderMerge.Execute(run, session, options, target!, cancellation);
        }
    }

    static void Feed(MergeRun run, StreamSink sink, CancellationToken cancellation)
    {
        try
        {
            run.Execute(sink, cancellation);
            sink.Complete(null);
        }
        catch (Exception e)
        {
            sink.Complete(e is OperationCanceledException ? null : e);
        }
    }
}

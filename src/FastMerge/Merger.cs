namespace FastMerge;

/// <summary>
/// Merges checkpoints. Every failure is a <see cref="Core.FastMergeException"/> whose kind is the exit code of
/// the command line; cancellation is an <see cref="OperationCanceledException"/>, and a cancelled merge to a
/// folder can be resumed.
/// </summary>
public static class Merger
{
    /// <summary>Plans a merge from headers alone and writes nothing.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The output folder, for the disk check; null if there is none.</param>
    /// <param name="options">How it would run.</param>
    public static MergePlan Plan(RecipeSource recipe, string? output = null, MergeOptions? options = null) =>
        throw new NotImplementedException();

    /// <summary>Merges to a folder, or to the sink that the options name.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="output">The output folder; null only with another sink.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="events">Receives plan, warnings and progress, on any thread.</param>
    /// <param name="cancellation">Stops the merge at the next chunk.</param>
    public static Task<MergeReport> MergeAsync(
        RecipeSource recipe, string? output, MergeOptions? options = null, IProgress<MergeEvent>? events = null,
        CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>
    /// Merges and yields whole tensors, layer by layer in natural order, from pooled buffers. Nothing is
    /// written; at most as many tensors as fit the memory budget are under way.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="options">How it runs; options of output folders have no meaning here.</param>
    /// <param name="events">Receives plan, warnings and progress, on any thread.</param>
    /// <param name="cancellation">Stops the merge at the next chunk.</param>
    public static IAsyncEnumerable<MergedTensor> StreamAsync(
        RecipeSource recipe, MergeOptions? options = null, IProgress<MergeEvent>? events = null,
        CancellationToken cancellation = default) => throw new NotImplementedException();
}

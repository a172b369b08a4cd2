using FastMerge.Checkpoint;
using FastMerge.Comparison;
using FastMerge.Core;

namespace FastMerge;

/// <content>Comparing two checkpoints.</content>
public static partial class Merger
{
    /// <summary>
    /// Compares two models tensor by tensor: what only one has, what has other shapes, and for all others norms,
    /// cosine, and how many elements differ by how much. Each file is read once.
    /// </summary>
    /// <param name="first">A folder, a .safetensors file, or an id of the local hub cache.</param>
    /// <param name="second">The model that is compared with it.</param>
    /// <param name="options">Which tensors, and how they are read.</param>
    /// <param name="cancellation">Stops it at the next chunk.</param>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Usage: no tensor has such a name.
    /// </exception>
    public static ModelDiff Diff(
        string first, string second, DiffOptions? options = null, CancellationToken cancellation = default) =>
        StorageFailure.Translate(() =>
        {
            options ??= new();
            var filter = new TensorFilter(options.Tensors);
            var comparison = new ModelComparison(first, second, filter.Matches, FileStorage.Instance);
            filter.Require(comparison.Count, first, second);
            return comparison.Run(options, cancellation);
        });
}

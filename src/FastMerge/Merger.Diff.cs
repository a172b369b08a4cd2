using FastMerge.Checkpoint;
using FastMerge.Comparison;
using FastMerge.Core;
using FastMerge.Recipe;

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
            var pattern = options.Tensors ?? "";
            var isGlob = pattern.AsSpan().ContainsAny('*', '?');
            var comparison = new ModelComparison(first, second,
                name => isGlob ? GlobMatch.Matches(pattern, name) : name.Contains(pattern, StringComparison.Ordinal),
                FileStorage.Instance);
            if (comparison.Count == 0 && pattern != "")
                throw new FastMergeException(FailureKind.Usage,
                    $"no tensor of {DisplayText.Escape(first)} or {DisplayText.Escape(second)} is named like "
                    + $"'{DisplayText.Escape(pattern)}'; accepted: a part of a name, or a pattern with * and ?");
            return comparison.Run(options, cancellation);
        });
}

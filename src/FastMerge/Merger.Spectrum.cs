using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Spectra;

namespace FastMerge;

/// <content>Spectra of a model.</content>
public static partial class Merger
{
    /// <summary>
    /// The spectrum of each matrix of a model, or of its difference to a base: nuclear norm, effective and stable rank,
    /// and the curve of its energy. Singular values come from Gram matrices in binary64.
    /// </summary>
    /// <param name="model">A folder, a .safetensors file, or an id of the local hub cache.</param>
    /// <param name="options">The base, which tensors, and how they are read.</param>
    /// <param name="cancellation">Stops it at the next chunk.</param>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Usage: no tensor has such a name.
    /// </exception>
    public static ModelSpectra Spectrum(
        string model, SpectrumOptions? options = null, CancellationToken cancellation = default) =>
        StorageFailure.Translate(() =>
        {
            options ??= new();
            var filter = new TensorFilter(options.Tensors);
            var report = new SpectrumReport(model, options.Base, filter.Matches, FileStorage.Instance);
            filter.Require(report.Count, model);
            return report.Run(options, cancellation);
        });
}

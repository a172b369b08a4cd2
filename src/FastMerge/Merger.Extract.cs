using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge;

/// <content>Adapters from models.</content>
public static partial class Merger
{
    /// <summary>
    /// Extracts a LoRA adapter, a PEFT folder: what a model adds to its base, of low rank. Read as
    /// <c>base+adapter</c> it gives the model back as far as its ranks go.
    /// </summary>
    /// <param name="model">A folder, a .safetensors file, or an id of the local hub cache.</param>
    /// <param name="baseModel">The base that the adapter belongs to.</param>
    /// <param name="output">The folder to write.</param>
    /// <param name="options">Ranks, modules, dtype, and how it runs.</param>
    /// <param name="cancellation">Stops it at the next chunk; nothing is left in the folder.</param>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Plan: there is nothing to extract.
    /// Usage: the folder is not empty, or a value is not accepted. NonFinite: a weight has NaN or Inf.</exception>
    public static ExtractReport ExtractLora(
        string model, string baseModel, string output, ExtractOptions? options = null,
        CancellationToken cancellation = default) => StorageFailure.Translate(() =>
            new Extraction.LoraExtraction(model, baseModel, options ?? new(), FileStorage.Instance, cancellation)
                .Run(output));
}

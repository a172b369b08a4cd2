using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Extraction;
using FastMerge.Plan;
using FastMerge.Recipe;

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
        CancellationToken cancellation = default) => Extract(
            () => ExtractionInput.Of(InputCheckpoint.Open(new ModelLocation(model), FileStorage.Instance)),
            baseModel, output, options, cancellation);

    /// <summary>
    /// Extracts a LoRA adapter from a merge that is computed while it is read and never written. With models
    /// <c>base+adapter</c> it merges adapters with each other to one: their updates span at most the sum of their
    /// ranks.
    /// </summary>
    /// <param name="recipe">The recipe; its methods work tensor by tensor.</param>
    /// <param name="baseModel">The base that the adapter belongs to.</param>
    /// <param name="output">The folder to write.</param>
    /// <param name="options">Ranks, modules, dtype, and how it runs.</param>
    /// <param name="cancellation">Stops it at the next chunk; nothing is left in the folder.</param>
    /// <exception cref="FastMergeException">As of the recipe's merge, and as above.</exception>
    public static ExtractReport ExtractLora(
        RecipeSource recipe, string baseModel, string output, ExtractOptions? options = null,
        CancellationToken cancellation = default) => Extract(
            () => ExtractionInput.Of(recipe.Name, PlanOf(recipe)), baseModel, output, options, cancellation);

    static ExtractReport Extract(
        Func<ExtractionInput> model, string baseModel, string output, ExtractOptions? options,
        CancellationToken cancellation) => StorageFailure.Translate(() =>
            new LoraExtraction(model, baseModel, options ?? new(), FileStorage.Instance, cancellation).Run(output));

    static PlannedMerge PlanOf(RecipeSource source)
    {
        var options = new RecipeOptions();
        var recipe = source.Text is null
            ? RecipeReader.ReadDocuments(source.Name, options)
            : RecipeReader.ParseDocuments(source.Text, source.Name, options);
        return ModelPaths.Plan(recipe, options, new PlanOptions(false, InFactors: true), FileStorage.Instance);
    }
}

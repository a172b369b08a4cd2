using System.Runtime.ExceptionServices;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>The models of a recipe's documents: checkpoints, each opened once, and results of documents.</summary>
sealed class OpenModels
{
    readonly OrderedDictionary<string, InputCheckpoint> _checkpoints = new(StringComparer.Ordinal);
    readonly OrderedDictionary<string, LoraAdapter> _adapters = new(StringComparer.Ordinal);
    readonly Dictionary<(ModelAddress, ModelAddress?), SourceModel> _models = [];
    readonly Dictionary<string, SourceModel> _stages = new(StringComparer.Ordinal);
    readonly RecipeFile _file;

    /// <summary>Opens every checkpoint that the documents name.</summary>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Plan: its weights are
    /// codes.</exception>
    public OpenModels(RecipeFile file, IEnumerable<BoundRecipe> documents, IStorage storage)
    {
        _file = file;
        ModelReference[] references = [.. documents.SelectMany(References)];
        var models = references.Where(r => file.StageOf(r) is null).Select(r => r.Model.ToString());
        foreach (var (location, checkpoint) in Open(models, l => OpenModel(l, storage)))
            _checkpoints[location] = checkpoint;
        var adapters = references.Select(r => r.Lora?.ToString()).OfType<string>();
        foreach (var (location, adapter) in Open(adapters, l => OpenAdapter(l, storage)))
            _adapters[location] = adapter;
    }

    /// <summary>Every checkpoint, then the files of every adapter, each once, in the recipe's order.</summary>
    public IReadOnlyList<InputCheckpoint> Checkpoints =>
        [.. _checkpoints.Values, .. _adapters.Values.Select(a => a.Files)];

    /// <summary>The model of a reference; a document must be planned before it is taken as a model.</summary>
    public SourceModel this[ModelReference reference]
    {
        get
        {
            if (reference.Lora is null && _file.StageOf(reference) is { Name: { } name }) return _stages[name.Value];
            var key = (reference.Model, reference.Lora);
            if (!_models.TryGetValue(key, out var model))
                _models[key] = model = reference.Lora is { } lora
                    ? SourceModel.Of(
                        reference.ToString(), this[reference with { Lora = null }], _adapters[lora.ToString()])
                    : SourceModel.Of(_checkpoints[reference.Model.ToString()]);
            return model;
        }
    }

    /// <summary>Makes the result of a document a model of its name.</summary>
    public void Add(PlannedMerge stage)
    {
        if (stage.Recipe.Recipe.Name is { } name) _stages[name.Value] = SourceModel.Of(name.Value, stage);
    }

    static IEnumerable<ModelReference> References(BoundRecipe recipe) =>
    [
        .. new[] { recipe.Recipe.Base }.OfType<ModelReference>(),
        .. recipe.Modules.SelectMany(m => m.Slices).SelectMany(s => s.Sources).Select(s => s.Model),
    ];

    /// <summary>Opens each once; of several that fail, the first in the recipe is reported, whichever was found
    /// first.</summary>
    static IEnumerable<(string Location, T Opened)> Open<T>(IEnumerable<string> locations, Func<string, T> open)
        where T : class
    {
        string[] all = [.. locations.Distinct(StringComparer.Ordinal)];
        var found = new (T? Opened, ExceptionDispatchInfo? Failure)[all.Length];
        Parallel.For(0, all.Length, i => found[i] = TryOpen(all[i], open));
        foreach (var (_, failure) in found) failure?.Throw();
        return all.Zip(found, (location, f) => (location, f.Opened!));
    }

    static (T? Opened, ExceptionDispatchInfo? Failure) TryOpen<T>(string location, Func<string, T> open)
        where T : class
    {
        try
        {
            return (open(location), null);
        }
        catch (Exception e)
        {
            return (null, ExceptionDispatchInfo.Capture(e));
        }
    }

    static InputCheckpoint OpenModel(string location, IStorage storage)
    {
        var checkpoint = InputCheckpoint.Open(new ModelLocation(location), storage);
        RefuseCodes(checkpoint);
        return checkpoint;
    }

    static LoraAdapter OpenAdapter(string location, IStorage storage) =>
        LoraAdapter.Open(new ModelLocation(location), storage, HubCache.FromEnvironment());

    static void RefuseCodes(InputCheckpoint checkpoint)
    {
        if (checkpoint.Quantizer is not { } quantizer) return;
        throw new FastMergeException(FailureKind.Plan,
            $"{DisplayText.Escape(checkpoint.Location.Text)}: its weights are codes of "
                + $"{DisplayText.Escape(quantizer)}; "
            + "accepted: checkpoints in F64, F32, F16, BF16, F8_E4M3 or F8_E5M2 without scales");
    }
}

using System.Runtime.ExceptionServices;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>The models of a recipe's documents: checkpoints, each opened once, and results of documents.</summary>
sealed class OpenModels
{
    readonly OrderedDictionary<string, InputCheckpoint> _checkpoints = new(StringComparer.Ordinal);
    readonly Dictionary<string, SourceModel> _models = new(StringComparer.Ordinal);
    readonly Dictionary<string, SourceModel> _stages = new(StringComparer.Ordinal);
    readonly RecipeFile _file;

    /// <summary>Opens every checkpoint that the documents name.</summary>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Plan: its weights are
    /// codes.</exception>
    public OpenModels(RecipeFile file, IEnumerable<BoundRecipe> documents, IStorage storage)
    {
        _file = file;
        var locations = documents.SelectMany(References).Where(r => file.StageOf(r) is null)
            .Select(r => r.Model.ToString()).Distinct(StringComparer.Ordinal).ToArray();
        var found = new (InputCheckpoint? Checkpoint, ExceptionDispatchInfo? Failure)[locations.Length];
        Parallel.For(0, locations.Length, i => found[i] = TryOpen(locations[i], storage));
        for (var i = 0; i < locations.Length; i++)
        {
            found[i].Failure?.Throw();
            _checkpoints[locations[i]] = found[i].Checkpoint!;
        }
    }

    /// <summary>Every checkpoint, each once, in the recipe's order.</summary>
    public IReadOnlyList<InputCheckpoint> Checkpoints => _checkpoints.Values;

    /// <summary>The model of a reference; a document must be planned before it is taken as a model.</summary>
    public SourceModel this[ModelReference reference]
    {
        get
        {
            if (_file.StageOf(reference) is { Name: { } name }) return _stages[name.Value];
            var location = reference.Model.ToString();
            if (!_models.TryGetValue(location, out var model))
                _models[location] = model = SourceModel.Of(_checkpoints[location]);
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

    /// <summary>Of several models that fail, the first in the recipe is reported, whichever was found first.</summary>
    static (InputCheckpoint? Checkpoint, ExceptionDispatchInfo? Failure) TryOpen(string location, IStorage storage)
    {
        try
        {
            var checkpoint = InputCheckpoint.Open(new ModelLocation(location), storage);
            RefuseCodes(checkpoint);
            return (checkpoint, null);
        }
        catch (Exception e)
        {
            return (null, ExceptionDispatchInfo.Capture(e));
        }
    }

    static void RefuseCodes(InputCheckpoint checkpoint)
    {
        if (checkpoint.Quantizer is not { } quantizer) return;
        throw new FastMergeException(FailureKind.Plan,
            $"{DisplayText.Escape(checkpoint.Location.Text)}: its weights are codes of "
                + $"{DisplayText.Escape(quantizer)}; "
            + "accepted: checkpoints in F64, F32, F16, BF16, F8_E4M3 or F8_E5M2 without scales");
    }
}

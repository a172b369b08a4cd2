using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Which sources of a slice a method takes for models and for the base.</summary>
/// <param name="Models">Indexes of the models, in order.</param>
/// <param name="Base">Index of the base that the arithmetic reads, or null.</param>
sealed record MethodInputs(int[] Models, int? Base)
{
    /// <summary>Every source that is read, the base first.</summary>
    public int[] All { get; } = Base is { } b ? [b, .. Models] : Models;
}

/// <summary>A method that a recipe or one of its rules names, and what it takes from each slice.</summary>
sealed class MethodBinding
{
    readonly Dictionary<LayerSlice, (MethodInputs Inputs, ParameterLevels Levels)> _slices = [];
    readonly Dictionary<(Table, string Path, LayerSlice), FileNumbers> _files = [];
    readonly Spanned<string> _name;
    readonly MergeRecipe _recipe;
    readonly MergeMethod[] _inner;

    /// <summary>Looks the method up and checks that it can take the models of every slice.</summary>
    /// <exception cref="FastMergeException">Recipe: unknown method, or too few, too many or missing models.</exception>
    public MethodBinding(
        MergeRecipe recipe, RuleEntry? rule, IEnumerable<LayerSlice> slices, RecipeOptions options)
    {
        (_name, Rule, _recipe) = (rule?.MergeMethod ?? recipe.MergeMethod, rule, recipe);
        Method = MethodCatalog.Find(_name.Value) ?? throw UnknownMethod(_name);
        _inner = [.. Signature.Parameters.OfType<Inner>().SelectMany(i => InnerMethods.Named(i, recipe, rule))];
        foreach (var slice in slices)
            foreach (var inputs in options.Try(() => Select(slice)))
                _slices[slice] = (inputs, new(rule?.Parameters, slice, recipe.Parameters));
    }

    /// <summary>The method.</summary>
    public MergeMethod Method { get; }

    /// <summary>Its name, source, needs and parameters.</summary>
    public MethodSignature Signature => Method.Signature;

    /// <summary>Its parameters, and those of the inner methods that the recipe names, by names of its own.</summary>
    public IEnumerable<Parameter> Parameters => Signature.Parameters.Concat(
        _inner.SelectMany(m => m.Signature.Parameters).Where(p => InnerMethod.Reads(Signature, p))).Distinct();

    /// <summary>Its name and those of its inner methods.</summary>
    public string Title => Signature.Name
        + (_inner.Length == 0 ? "" : $" with inner {string.Join(" or ", _inner.Select(m => m.Signature.Name))}");

    /// <summary>The rule that names it; null for the recipe's own method.</summary>
    public RuleEntry? Rule { get; }

    /// <summary>Reads the files that parameters name.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="storage">Where the files are.</param>
    /// <param name="mayBeMissing">Whether a file that is not there is a warning; its numbers are then 0.</param>
    /// <exception cref="FastMergeException">Recipe: no such file, or one that says too little.</exception>
    public IReadOnlyList<RecipeWarning> ReadFiles(MergeRecipe recipe, IStorage storage, bool mayBeMissing)
    {
        var warnings = new List<RecipeWarning>();
        var entries = recipe.AllParameters().Select(u => u.Parameter).Concat(Rule?.Parameters.Entries ?? []).ToArray();
        foreach (var table in Parameters.OfType<Table>())
            foreach (var leaf in entries.Where(e => e.Key == table.Name).SelectMany(e => e.Value.Leaves))
            {
                var isMissing = mayBeMissing && storage.Stat(leaf.Text).Kind == EntryKind.Absent;
                if (isMissing)
                    warnings.Add(new(leaf.Span, $"'{table.Name}' is {RecipeError.Quote(leaf.Text)}: no such file yet"));
                foreach (var (slice, (inputs, _)) in _slices)
                    _files[(table, leaf.Text, slice)] = isMissing ? new(new double[inputs.Models.Length], "")
                        : EvaluationFile.Read(
                            table, leaf, [.. inputs.Models.Select(m => slice.Sources[m].Model.ToString())], storage);
            }
        HasFiles = true;
        return warnings;
    }

    /// <summary>Whether every file that parameters name has been read.</summary>
    public bool HasFiles { get; private set; }

    /// <summary>Whether it can take the models of a slice; if not, a failure said why.</summary>
    public bool Takes(LayerSlice slice) => _slices.ContainsKey(slice);

    /// <summary>What it takes from a slice.</summary>
    public MethodInputs InputsOf(LayerSlice slice) => _slices[slice].Inputs;

    /// <summary>The parameters' values for one tensor.</summary>
    /// <param name="slice">Where the tensor belongs.</param>
    /// <param name="models">The sources that have it, without the base; indexes into the slice's.</param>
    /// <param name="inputs">The tensor in each of those models.</param>
    /// <param name="output">The tensor in the output.</param>
    /// <param name="position">Of its layer in the slice, from 0 to 1; 0 outside the layers.</param>
    /// <exception cref="FastMergeException">Recipe: a parameter that is required is missing.</exception>
    public ParameterValues ValuesFor(
        LayerSlice slice, IReadOnlyList<int> models, IReadOnlyList<TensorTraits> inputs, TensorTraits output,
        double position)
    {
        var search = new ValueSearch(slice, _slices[slice].Levels, models, inputs, output, position)
        {
            Name = _name.Span,
            FileOf = (table, path) => _files[(table, path, slice)],
            AllModels = InputsOf(slice).Models,
            Misplaced = Misplaced,
        };
        return search.Find(Method);
    }

    MethodInputs Select(LayerSlice slice)
    {
        var (signature, baseIndex) = (Signature, slice.BaseIndex);
        var others = Enumerable.Range(0, slice.Listed).Where(i => !IsBase(slice, i)).ToArray();
        if (NeedsBase && slice.Base is null) throw At(slice, "needs 'base_model'");
        if (NeedsBase && baseIndex < 0)
            throw At(slice, $"needs the base {RecipeError.Quote(slice.Base!.ToString())} among the sources of the "
                + "slice; accepted: a source of that model with its own layer_range");
        if (signature.Base == BaseUse.SoleModel && slice.Base is not null && others.Length > 0 && slice.IsWhole)
            throw At(slice, "takes one model; 'base_model' must be absent or be that model");
        var takesOthers = NeedsBase || (signature.Base == BaseUse.Optional && baseIndex >= 0);
        int[] models = signature.Base == BaseUse.Input ? [.. Enumerable.Range(0, slice.Sources.Length)]
            : takesOthers ? others : [.. Enumerable.Range(0, slice.Listed)];
        if (models.Length < signature.MinModels || models.Length > signature.MaxModels)
            throw At(slice, $"takes {signature.CountText}{(NeedsBase ? " besides the base" : "")}; "
                + $"the {(slice.IsWhole ? "recipe" : "slice")} lists {models.Length}");
        return new(models, takesOthers ? baseIndex : null);
    }

    /// <summary>Whether a source is the base: any that lists it, but in a slice only the first.</summary>
    static bool IsBase(LayerSlice slice, int index) =>
        slice.IsWhole ? slice.Sources[index].Model.Equals(slice.Base) : index == slice.BaseIndex;

    bool NeedsBase => Signature.Base is BaseUse.Required or BaseUse.EndPoint;

    FastMergeException At(LayerSlice slice, string text) => Rule is not null
        ? RecipeError.At(_name.Span, $"method {Signature.Name} of this rule {text}")
        : RecipeError.At(slice.Span, $"method {Signature.Name} {text}");

    static FastMergeException UnknownMethod(Spanned<string> name)
    {
        var nearest = MethodCatalog.Nearest(name.Value) is { } near ? $", nearest is '{near}'" : "";
        return RecipeError.At(name.Span, $"unknown merge_method {RecipeError.Quote(name.Value)}{nearest}; accepted: "
            + string.Join(", ", MethodCatalog.All.Select(m => m.Signature.Name)));
    }

    /// <summary>Where a key stands although it has no effect there, as the end of a sentence.</summary>
    string Misplaced(string key) =>
        _recipe.Warnings.FirstOrDefault(w => w.Text.StartsWith($"key '{key}' ", StringComparison.Ordinal)) is { } found
            ? $"; line {found.Span.Line} has it where it has no effect, accepted: under 'parameters'" : "";
}

using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Primitives;
using Parameter = FastMerge.Primitives.Parameter;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>
/// A recipe whose method is known: which models take part, which one is the base, and that every
/// parameter is one the method declares with a value it accepts.
/// </summary>
sealed class BoundRecipe
{
    readonly IReadOnlyList<ParameterSet> _shared;
    readonly Dictionary<(Table, string Path), FileNumbers> _files = [];

    BoundRecipe(
        MergeRecipe recipe, MergeMethod method, IReadOnlyList<ModelEntry> models,
        IReadOnlyList<RecipeWarning> warnings)
    {
        (Recipe, Method, Models, Warnings) = (recipe, method, models, warnings);
        _shared = [recipe.Parameters];
        VariesByTensor = recipe.AllParameters().Any(u => u.Parameter.Value is not ParameterValue.Scalar);
    }

    /// <summary>The recipe as written.</summary>
    public MergeRecipe Recipe { get; }

    /// <summary>The method it names.</summary>
    public MergeMethod Method { get; }

    /// <summary>The models that are merged, without the base where the method does not merge it.</summary>
    public IReadOnlyList<ModelEntry> Models { get; }

    /// <summary>Whether the method's arithmetic reads the base.</summary>
    public bool ReadsBase => NeedsBase(Method.Signature)
        || (Method.Signature.Base == BaseUse.Optional && Recipe.Base is not null);

    /// <summary>What the reader and the binding found odd.</summary>
    public IReadOnlyList<RecipeWarning> Warnings { get; }

    /// <summary>Whether a parameter may differ from tensor to tensor.</summary>
    public bool VariesByTensor { get; }

    /// <summary>Looks up the method and checks models and parameters against it.</summary>
    /// <exception cref="FastMergeException">Recipe: unknown method, missing or wrong model or parameter.</exception>
    public static BoundRecipe Bind(MergeRecipe recipe, RecipeOptions options, IStorage? storage = null)
    {
        var name = recipe.MergeMethod;
        var method = MethodCatalog.Find(name.Value) ?? throw UnknownMethod(name);
        RefuseLaterKeys(recipe);
        var models = SelectModels(recipe, method.Signature);
        RecipeWarning[] warnings = [.. recipe.Warnings, .. CheckKeys(recipe, method, options)];
        var bound = new BoundRecipe(recipe, method, models, warnings);
        foreach (var model in models)
            if (model.Model.Lora is not null)
                throw At(model.Span, $"adapter reference {RecipeError.Quote(model.Model.ToString())} "
                    + "is not supported yet; accepted: a checkpoint");
        bound.CheckValues(storage ?? FileStorage.Instance);
        return bound;
    }

    static void RefuseLaterKeys(MergeRecipe recipe)
    {
        if (!recipe.Slices.IsEmpty)
            throw At(recipe.Slices[0].Span, "'slices' is not supported yet; accepted: 'models'");
        if (!recipe.Modules.IsEmpty)
            throw At(recipe.Modules[0].Span, "'modules' is not supported yet; accepted: 'models'");
        if (!recipe.Rules.IsEmpty)
            throw At(recipe.Rules[0].Span, "'rules' is not supported yet; accepted: one method for all tensors");
        if ((recipe.TokenizerSource?.Span ?? recipe.Tokenizer?.Span) is { } span)
            throw At(span, "'tokenizer' and 'tokenizer_source' are not supported yet; "
                + "without the key the base's tokenizer is kept");
    }

    /// <summary>The parameters' values for a tensor merged from some of the models.</summary>
    /// <param name="present">Indexes into <see cref="Models"/>.</param>
    /// <param name="inputNames">The tensor's name in each of those models.</param>
    /// <param name="outputName">The tensor's name in the output.</param>
    /// <param name="position">Position of its layer, see <see cref="ParameterLookup.LayerPosition"/>.</param>
    public ParameterValues ValuesFor(
        IReadOnlyList<int> present, IReadOnlyList<string> inputNames, string outputName, double position)
    {
        var values = new Dictionary<Parameter, double[]>();
        var switches = new List<Parameter>();
        var words = new Dictionary<Choice, string>();
        var files = new List<string>();
        foreach (var parameter in Method.Signature.Parameters)
        {
            switch (parameter)
            {
                case Flag flag:
                    if (Shared(flag.Name, outputName, position)?.AsBoolean() ?? flag.Default) switches.Add(flag);
                    break;
                case Choice choice when Shared(choice.Name, outputName, position) is { } word:
                    words[choice] = WordOf(choice, word);
                    break;
                case Global global:
                    var number = Shared(global.Name, outputName, position)?.AsNumber();
                    if (global.Optional && number is not null) switches.Add(global);
                    if ((number ?? global.Default) is { } known) values[global] = [known];
                    else if (!global.Optional) throw Missing(Recipe.MergeMethod.Span, global.Name);
                    break;
                case Table table when Shared(table.Name, outputName, position) is { } path:
                    var (numbers, sha256) = _files[(table, path.Text)];
                    if (table.Optional) switches.Add(table);
                    values[table] = [.. present.Select(k => numbers[k])];
                    files.Add(sha256);
                    break;
                case Table { Optional: false } table:
                    throw Missing(Recipe.MergeMethod.Span, table.Name);
                case PerModel perModel:
                    AddPerModel(perModel, present, inputNames, position, values, switches);
                    break;
            }
        }
        var switched = new MethodSwitches(switches, words);
        if (Method.Complaint(switched) is { } complaint) throw At(Recipe.MergeMethod.Span, complaint);
        return new(values, switched, files);
    }

    void AddPerModel(
        PerModel parameter, IReadOnlyList<int> present, IReadOnlyList<string> inputNames, double position,
        Dictionary<Parameter, double[]> values, List<Parameter> switches)
    {
        var numbers = present.Select((model, i) => ParameterLookup.Resolve(
            [Models[model].Parameters, .. _shared], parameter.Name, inputNames[i], position)?.AsNumber()).ToArray();
        if (parameter.Optional && numbers.Any(n => n is not null)) switches.Add(parameter);
        values[parameter] = [.. numbers.Select((n, i) => n ?? parameter.Default
            ?? (parameter.Optional && numbers.All(o => o is null) ? 1
                : throw Missing(Models[present[i]].Span, parameter.Name)))];
    }

    ResolvedValue? Shared(string key, string tensorName, double position) =>
        ParameterLookup.Resolve(_shared, key, tensorName, position);

    void CheckValues(IStorage storage)
    {
        var declared = Method.Signature.Parameters.ToDictionary(p => p.Name);
        foreach (var use in Recipe.AllParameters())
        {
            if (!declared.TryGetValue(use.Parameter.Key, out var parameter)) continue;
            foreach (var leaf in use.Parameter.Value.Leaves)
            {
                if (parameter is Table table)
                    _files[(table, leaf.Text)] = EvaluationFile.Read(
                        table, leaf, [.. Models.Select(m => m.Model.ToString())], storage);
                else CheckLeaf(parameter, leaf);
            }
        }
        // Resolving once for a name no filter matches finds required parameters that are missing.
        if (!VariesByTensor)
            ValuesFor([.. Enumerable.Range(0, Models.Count)], [.. Models.Select(_ => "")], "", 0);
    }

    static void CheckLeaf(Parameter parameter, ResolvedValue leaf)
    {
        if (parameter is Flag)
        {
            leaf.AsBoolean();
            return;
        }
        if (parameter is Choice choice)
        {
            WordOf(choice, leaf);
            return;
        }
        var bounds = parameter is Global g ? g.Bounds : ((PerModel)parameter).Bounds;
        if (!bounds.Contains(leaf.AsNumber())) throw leaf.NotA(bounds.ToString());
    }

    static string WordOf(Choice choice, ResolvedValue value) => choice.Words.Contains(value.Text) ? value.Text
        : throw value.NotA(string.Join(", ", choice.Words));

    static IReadOnlyList<ModelEntry> SelectModels(MergeRecipe recipe, MethodSignature signature)
    {
        var span = recipe.MergeMethod.Span;
        var others = recipe.Models.Where(m => !m.Model.Equals(recipe.Base)).ToArray();
        if (NeedsBase(signature) && recipe.Base is null)
            throw At(span, $"method {signature.Name} needs 'base_model'");
        if (signature.Base == BaseUse.SoleModel && recipe.Base is not null && others.Length > 0)
            throw At(span, $"method {signature.Name} takes one model; 'base_model' must be absent or be that model");
        var models = signature.Base switch
        {
            BaseUse.Required or BaseUse.EndPoint or BaseUse.Optional => others,
            BaseUse.Input when recipe.Base is { } @base && others.Length == recipe.Models.Length =>
                [.. recipe.Models, new(@base, ParameterSet.Empty, span)],
            _ => [.. recipe.Models],
        };
        if (models.Length < signature.MinModels || models.Length > signature.MaxModels)
            throw At(span, $"method {signature.Name} takes {CountText(signature)}"
                + $"{(NeedsBase(signature) ? " besides the base" : "")}; the recipe lists {models.Length}");
        return models;
    }

    static bool NeedsBase(MethodSignature signature) => signature.Base is BaseUse.Required or BaseUse.EndPoint;

    static string CountText(MethodSignature s) => s.MaxModels == s.MinModels
        ? s.MinModels == 1 ? "exactly 1 model" : $"exactly {s.MinModels} models"
        : s.MaxModels == int.MaxValue ? $"at least {s.MinModels} model{(s.MinModels == 1 ? "" : "s")}"
        : $"{s.MinModels} to {s.MaxModels} models";

    static IEnumerable<RecipeWarning> CheckKeys(MergeRecipe recipe, MergeMethod method, RecipeOptions options)
    {
        var declared = method.Signature.Parameters.Select(p => p.Name).ToHashSet();
        var shared = method.Signature.Parameters.Where(p => !p.IsPerModel).Select(p => p.Name).ToHashSet();
        var known = MethodCatalog.All.SelectMany(m => m.Signature.Parameters).Select(p => p.Name).Distinct().ToArray();
        return
        [
            .. recipe.AllParameters().Where(u => !declared.Contains(u.Parameter.Key)).Select(u => KeyCheck.UnknownKey(
                u.Parameter.Key, u.Parameter.KeySpan, $"for method {method.Signature.Name}", declared, options, known)),
            .. recipe.AllParameters().Where(u => u.Model is not null && shared.Contains(u.Parameter.Key)).Select(u =>
                KeyCheck.UnknownKey(u.Parameter.Key, u.Parameter.KeySpan,
                    "under a model; it belongs to the whole recipe", [], options, shared)),
        ];
    }

    static FastMergeException UnknownMethod(Spanned<string> name)
    {
        var nearest = MethodCatalog.Nearest(name.Value) is { } near ? $", nearest is '{near}'" : "";
        return At(name.Span, $"unknown merge_method {RecipeError.Quote(name.Value)}{nearest}; accepted: "
            + string.Join(", ", MethodCatalog.All.Select(m => m.Signature.Name)));
    }

    static FastMergeException Missing(SourceSpan span, string key) =>
        At(span, $"parameter '{key}' is required and missing");

    static FastMergeException At(SourceSpan span, string text) => RecipeError.At(span, text);
}

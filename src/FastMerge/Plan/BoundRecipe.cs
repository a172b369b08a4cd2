using System.Collections.Immutable;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>
/// A recipe whose methods are known: which models take part in which layers, which one is the base, and that every
/// parameter is one that its method declares, with a value it accepts.
/// </summary>
sealed class BoundRecipe
{
    readonly MethodBinding[] _methods;

    BoundRecipe(MergeRecipe recipe, RecipeOptions options)
    {
        (Recipe, Modules) = (recipe, RecipeLayout.Of(recipe));
        LayerSlice[] slices = [.. Modules.SelectMany(m => m.Slices)];
        _methods =
        [
            new(recipe, null, slices, options),
            .. recipe.Rules.SelectMany(r => options.Try(() => new MethodBinding(recipe, r, slices, options))),
        ];
        VariesByTensor = recipe.AllParameters().Select(u => u.Parameter)
            .Concat(recipe.Rules.SelectMany(r => r.Parameters.Entries))
            .Any(p => p.Value is not ParameterValue.Scalar);
    }

    /// <summary>The recipe as written.</summary>
    public MergeRecipe Recipe { get; }

    /// <summary>The parts of the architecture that it merges.</summary>
    public ImmutableArray<ModuleLayout> Modules { get; }

    /// <summary>The method of tensors that no rule takes.</summary>
    public MergeMethod Method => _methods[0].Method;

    /// <summary>The recipe's method, then those of its rules.</summary>
    public IReadOnlyList<MethodBinding> Methods => _methods;

    /// <summary>The models that are merged, each once, without the base where the method does not merge it.</summary>
    public IReadOnlyList<LayerSource> Models =>
        [.. Slices.SelectMany(s => _methods[0].InputsOf(s).Models.Select(i => s.Sources[i])).DistinctBy(s => s.Model)];

    /// <summary>Whether the method's arithmetic reads the base.</summary>
    public bool ReadsBase => Slices.Any(s => _methods[0].InputsOf(s).Base is not null);

    /// <summary>What the reader and the binding found odd.</summary>
    public IReadOnlyList<RecipeWarning> Warnings { get; private set; } = [];

    /// <summary>Whether a parameter may differ from tensor to tensor.</summary>
    public bool VariesByTensor { get; }

    /// <summary>The method of an output tensor: that of the first rule that takes it, else the recipe's.</summary>
    public MethodBinding MethodOf(TensorTraits output) =>
        _methods.Skip(1).FirstOrDefault(m => m.Rule!.Tensors.Matches(output)) ?? _methods[0];

    /// <summary>Whether any of the methods reads a source of a slice.</summary>
    public bool Reads(LayerSlice slice, int source) => _methods.Any(m => m.InputsOf(slice).All.Contains(source));

    /// <summary>
    /// Looks up the methods and checks models and parameters against them; layers are checked with the models.
    /// </summary>
    /// <exception cref="FastMergeException">Recipe: unknown method, missing or wrong model or parameter.</exception>
    public static BoundRecipe Bind(MergeRecipe recipe, RecipeOptions options, IStorage? storage = null)
    {
        if ((recipe.TokenizerSource?.Span ?? recipe.Tokenizer?.Span) is { } span)
            options.Report(RecipeError.At(span, "'tokenizer' and 'tokenizer_source' are not supported yet; "
                + "without the key the base's tokenizer is kept"));
        var bound = new BoundRecipe(recipe, options);
        var warnings = CheckParameters(recipe, bound._methods, options).ToList();
        var files = bound._methods.SelectMany(m => options.Try(() =>
            m.ReadFiles(recipe, storage ?? FileStorage.Instance, options.FilesMayBeMissing))).ToArray();
        warnings.AddRange(files.SelectMany(w => w));
        if (!bound.VariesByTensor && files.Length == bound._methods.Length) bound.RequireValues(options);
        bound.Warnings = [.. recipe.Warnings, .. warnings];
        return bound;
    }

    /// <summary>
    /// What can be said of a recipe that could not be read in full: its methods, and the parameters that are there.
    /// </summary>
    /// <exception cref="FastMergeException">Recipe: unknown method, wrong parameter.</exception>
    public static void CheckRemains(MergeRecipe recipe, RecipeOptions options)
    {
        if (recipe.MergeMethod.Value is null) return;
        MethodBinding[] methods =
        [
            new(recipe, null, [], options),
            .. recipe.Rules.SelectMany(r => options.Try(() => new MethodBinding(recipe, r, [], options))),
        ];
        CheckParameters(recipe, methods, options);
    }

    static RecipeWarning[] CheckParameters(MergeRecipe recipe, MethodBinding[] methods, RecipeOptions options)
    {
        var warnings = ParameterCheck.Keys(recipe, methods, options).ToArray();
        ParameterCheck.Values(recipe, methods, options);
        return warnings;
    }

    IEnumerable<LayerSlice> Slices => Modules.SelectMany(m => m.Slices);

    /// <summary>Resolving once finds required parameters that are missing.</summary>
    void RequireValues(RecipeOptions options)
    {
        var nameless = TensorTraits.OfName("");
        foreach (var slice in Slices)
            foreach (var method in _methods.Where(m => m.HasFiles && m.Takes(slice)))
            {
                var models = method.InputsOf(slice).Models;
                options.Try(() => method.ValuesFor(
                    slice, models, [.. models.Select(_ => nameless)], nameless, 0)).ToArray();
            }
    }
}

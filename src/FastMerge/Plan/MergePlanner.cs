using System.Runtime.ExceptionServices;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Primitives;
using FastMerge.Recipe;

namespace FastMerge.Plan;

/// <summary>Plans a merge: opens the inputs, matches their tensors, and decides how each is computed.</summary>
sealed class MergePlanner
{
    readonly BoundRecipe _recipe;
    readonly MergeGroup _group;
    readonly Dictionary<(string Switches, bool IsVector), TensorPasses> _passes = [];
    readonly Dictionary<(TensorPasses, DType?), TensorWork> _shared = [];
    readonly int[] _allModels;
    readonly List<string> _integers = [];
    ParameterValues? _values;

    MergePlanner(BoundRecipe recipe)
    {
        (_recipe, _allModels) = (recipe, [.. Enumerable.Range(0, recipe.Models.Count)]);
        _group = new(recipe.Recipe.Name?.Value ?? "", recipe.Method.Signature.Name);
    }

    /// <summary>Plans a merge from the headers of its inputs.</summary>
    /// <exception cref="FastMergeException">Input: a model is missing or malformed. Plan: the inputs do not fit
    /// together.</exception>
    public static PlannedMerge Create(BoundRecipe recipe, PlanOptions options, IStorage storage) =>
        new MergePlanner(recipe).Plan(options, storage);

    PlannedMerge Plan(PlanOptions options, IStorage storage)
    {
        var opened = Open(storage);
        var @base = _recipe.Recipe.Base is { } reference ? opened[reference.Model.ToString()] : null;
        var models = _recipe.Models.Select(m => opened[m.Model.Model.ToString()]).ToArray();
        var donor = @base ?? opened[_recipe.Recipe.Models[0].Model.Model.ToString()];
        var readsBase = _recipe.ReadsBase;
        var matcher = new TensorMatcher(readsBase ? [@base!, .. models] : models, options.Strict);
        var tensors = matcher.Match().Select(t => PlanTensor(t, readsBase, donor)).ToArray();
        MergeGroup.Fill(tensors);
        var warnings = new List<string>([.. opened.Values.SelectMany(c => c.Warnings), .. matcher.Warnings]);
        if (_integers.Count > 0 && models.Length > 1)
            warnings.Add($"{_integers.Count} tensors hold no floating-point numbers and are copied from "
                + $"{DisplayText.Escape((readsBase ? @base! : models[0]).Location.Text)}, such as "
                + $"{DisplayText.Escape(_integers[0])}");
        return new()
        {
            Recipe = _recipe,
            Checkpoints = opened.Values,
            Donor = donor,
            Tensors = tensors,
            VocabularyRows = matcher.VocabularyRows,
            Warnings = warnings,
        };
    }

    /// <summary>Every checkpoint of the recipe by location, each once, in the recipe's order.</summary>
    OrderedDictionary<string, InputCheckpoint> Open(IStorage storage)
    {
        ModelReference?[] references =
            [_recipe.Recipe.Base, .. _recipe.Models.Select(m => m.Model), _recipe.Recipe.Models[0].Model];
        var locations = references.OfType<ModelReference>().Select(r => r.Model.ToString())
            .Distinct(StringComparer.Ordinal).ToArray();
        var found = new (InputCheckpoint? Checkpoint, ExceptionDispatchInfo? Failure)[locations.Length];
        Parallel.For(0, locations.Length, i => found[i] = TryOpen(locations[i], storage));
        var opened = new OrderedDictionary<string, InputCheckpoint>(StringComparer.Ordinal);
        for (var i = 0; i < locations.Length; i++)
        {
            found[i].Failure?.Throw();
            opened[locations[i]] = found[i].Checkpoint!;
        }
        return opened;
    }

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
        if (Quantization.Detect(checkpoint.Config, checkpoint.Tensors.Keys) is not { } quantizer) return;
        throw new FastMergeException(FailureKind.Plan,
            $"{DisplayText.Escape(checkpoint.Location.Text)}: its weights are codes of "
                + $"{DisplayText.Escape(quantizer)}; "
            + "accepted: checkpoints in F64, F32, F16, BF16, F8_E4M3 or F8_E5M2 without scales");
    }

    PlannedTensor PlanTensor(MatchedTensor matched, bool readsBase, InputCheckpoint donor)
    {
        var stored = donor.Tensors.TryGetValue(matched.Name, out var own) ? own.Spec.DType
            : matched.Inputs[0].Spec.DType;
        var isFloat = matched.Inputs[0].Spec.DType.IsFloat();
        var dtype = isFloat ? _recipe.Recipe.OutDType?.Value ?? _recipe.Recipe.DType?.Value ?? stored : stored;
        var output = new TensorSpec(matched.Name, dtype, [.. matched.Shape]);
        if (!isFloat)
        {
            _integers.Add(matched.Name);
            return Copy(output with { DType = matched.Inputs[0].Spec.DType }, matched.Inputs[0]);
        }
        var models = readsBase ? matched.Inputs[1..] : matched.Inputs;
        var work = WorkOf(matched, models.Length);
        if (work.Passes.IsIdentity(models.Length) && models[0].Spec.DType == dtype && work.InputRounding is null)
            return Copy(output, models[0]);
        foreach (var dtypeUsed in matched.Inputs.Select(i => i.Spec.DType).Append(dtype))
            if (!dtypeUsed.IsComputable())
                throw new FastMergeException(FailureKind.Plan,
                    $"tensor {DisplayText.Escape(matched.Name)} has dtype {dtypeUsed}, which cannot be computed with; "
                    + "accepted: F64, F32, F16, BF16, F8_E4M3, F8_E5M2");
        return new()
        {
            Output = output,
            Work = work,
            Base = readsBase ? new StoredSource(matched.Inputs[0]) : null,
            Models = [.. models.Select(m => new StoredSource(m))],
        };
    }

    static PlannedTensor Copy(TensorSpec output, InputTensor source) =>
        new() { Output = output, Work = null, Base = null, Models = [new StoredSource(source)] };

    TensorWork WorkOf(MatchedTensor matched, int models)
    {
        var values = ValuesOf(matched);
        var passes = PassesOf(values, models, isVector: matched.Shape.Length <= 1);
        var rounding = RoundingOf(matched);
        if (_recipe.VariesByTensor) return new(passes, values, rounding, _group);
        if (!_shared.TryGetValue((passes, rounding), out var work))
            _shared[(passes, rounding)] = work = new(passes, values, rounding, _group);
        return work;
    }

    ParameterValues ValuesOf(MatchedTensor matched)
    {
        if (_values is not null) return _values;
        var names = _allModels.Select(_ => matched.Name).ToArray();
        var values = _recipe.ValuesFor(_allModels, names, matched.Name, 0);
        return _recipe.VariesByTensor ? values : _values = values;
    }

    TensorPasses PassesOf(ParameterValues values, int models, bool isVector)
    {
        if (!_passes.TryGetValue((values.Switches.Text, isVector), out var passes))
            _passes[(values.Switches.Text, isVector)] = passes = TensorPasses.Cut(_recipe.Method.Merge(
                new MergeInputs(new(models, _recipe.ReadsBase, isVector), values.Switches)));
        return passes;
    }

    /// <summary>The dtype that inputs are rounded to first: that of <c>dtype:</c>, where it holds less than an
    /// input.</summary>
    DType? RoundingOf(MatchedTensor matched)
    {
        if (_recipe.Recipe.DType?.Value is not { } dtype) return null;
        return matched.Inputs.Any(i => !Holds(dtype, i.Spec.DType)) ? dtype : null;
    }

    /// <summary>Whether every value of a dtype is a value of another.</summary>
    static bool Holds(DType wide, DType narrow) => wide == narrow || (wide, narrow) switch
    {
        (DType.F64 or DType.F32, _) => narrow != DType.F64 || wide == DType.F64,
        (DType.F16 or DType.BF16, DType.F8_E4M3 or DType.F8_E5M2) => true,
        _ => false,
    };
}

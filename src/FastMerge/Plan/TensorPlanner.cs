using System.Collections.Immutable;
using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Decides how each tensor of a document is computed: method, passes, values, dtypes.</summary>
sealed class TensorPlanner(BoundRecipe recipe, InputFinder finder, ShapeRules shapes, bool inFactors)
{
    const string NoMethod = "copy";

    static readonly TensorPasses Taken = TensorPasses.Cut(Ops.Sum(Tensor.Models()));
    static readonly ParameterValues NoValues = new(new Dictionary<Parameter, double[]>(), MethodSwitches.None);

    readonly Dictionary<(MergeMethod, string Switches, TensorFacts), TensorPasses> _passes = [];
    readonly Dictionary<(TensorPasses, MergeGroup, DType?, string Values), TensorWork> _works = [];
    readonly Dictionary<(MethodBinding, LayerSlice, string Sources), ParameterValues> _constant = [];
    readonly Dictionary<string, MergeGroup> _groups = new(StringComparer.Ordinal);
    readonly OrderedDictionary<(string Method, string Model), List<string>> _copied = [];
    readonly List<string> _integers = [];
    string _integerOwner = "";

    /// <summary>What was odd.</summary>
    public IEnumerable<string> Warnings =>
    [
        .. finder.Warnings, .. shapes.Warnings,
        .. _copied.Select(c => (c.Value.Count == 1 ? $"tensor {DisplayText.Escape(c.Value[0])} is"
            : $"{c.Value.Count} tensors, such as {DisplayText.Escape(c.Value[0])}, are")
            + $" in too few models for {c.Key.Method} and copied from {c.Key.Model}"),
        .. _integers.Count == 0 ? Array.Empty<string>() :
            [$"{_integers.Count} tensors hold no floating-point numbers and are copied from {_integerOwner}, such as "
                + DisplayText.Escape(_integers[0])],
    ];

    /// <summary>Plans a tensor; null if no method reads a source that has it.</summary>
    /// <exception cref="FastMergeException">Plan: its inputs do not fit together.</exception>
    public PlannedTensor? Plan(OutputTensor tensor)
    {
        var method = recipe.MethodOf(tensor.Traits);
        if (finder.Find(tensor, method.InputsOf(tensor.Slice)) is not { } inputs)
            return finder.Elsewhere(tensor, i => recipe.Reads(tensor.Slice, i)) is { } owner
                ? TakeOptional(SpecOf(tensor, owner, owner.Tensor.Spec.Shape), owner, method, tensor) : null;
        var shape = shapes.CommonShape(tensor.Traits.Name, tensor.HasVocabularyRows, inputs.All);
        var first = inputs.All[0];
        var output = SpecOf(tensor, first, shape);
        if (!first.Tensor.Spec.DType.IsFloat())
        {
            if (inputs.All.Length > 1) _integers.Add(output.Name);
            _integerOwner = first.Model.Text;
            return Copy(output with { DType = first.Tensor.Spec.DType }, first.Tensor, method, tensor);
        }
        if (!Suffices(method, inputs, output.Name)) return TakeOptional(output, first, method, tensor);
        var work = WorkOf(tensor, method, inputs, shape);
        if (work.Passes.IsIdentity(inputs.Models.Length) && work.InputRounding is null
            && HasBytes(inputs.Models[0].Tensor, output.DType))
            return Copy(output, inputs.Models[0].Tensor, method, tensor);
        if (StaysBase(tensor, method, inputs))
            return Copy(output with { DType = first.Tensor.Spec.DType }, first.Tensor, method, tensor);
        RequireComputable(output, inputs);
        ImmutableArray<TensorSource> models = [.. inputs.Models.Select(m => m.Tensor)];
        return new()
        {
            Output = output,
            Work = work,
            Method = method.Signature.Name,
            Traits = tensor.Traits,
            Base = inputs.Base?.Tensor ?? (work.Passes.OutputUse.Base ? FactorForm.BaseOf(models) : null),
            Models = models,
        };
    }

    /// <summary>Name, dtype and shape in the output. The dtype is the recipe's, else that of the base, else that of
    /// the first source.</summary>
    TensorSpec SpecOf(OutputTensor tensor, FoundInput first, IEnumerable<long> shape) => new(
        tensor.Traits.Name,
        recipe.Recipe.OutDType?.Value ?? recipe.Recipe.DType?.Value
            ?? finder.Stored(tensor, Math.Max(0, tensor.Slice.BaseIndex))?.ModelDType ?? first.Tensor.ModelDType,
        [.. shape]);

    /// <summary>Whether a method can merge what there is of a tensor that models may lack.</summary>
    static bool Suffices(MethodBinding method, TensorInputs inputs, string name)
    {
        var needsBase = method.Signature.Base is BaseUse.Required or BaseUse.EndPoint;
        if (needsBase && inputs.Base is null && inputs.Models.Length > 1)
            throw new FastMergeException(FailureKind.Plan, $"tensor {DisplayText.Escape(name)} is not in the base, "
                + $"which {method.Signature.Name} needs, but in {inputs.Models.Length} models");
        return inputs.Models.Length >= method.Signature.MinModels && (!needsBase || inputs.Base is not null);
    }

    /// <summary>Takes a tensor from the one source that is left, in the dtype of the output.</summary>
    PlannedTensor TakeOptional(TensorSpec output, FoundInput only, MethodBinding method, OutputTensor tensor)
    {
        var key = (method.Signature.Name, only.Model.Text);
        if (!_copied.TryGetValue(key, out var names)) _copied[key] = names = [];
        names.Add(output.Name);
        var inputs = new TensorInputs(null, [], [only]);
        var isFloat = only.Tensor.Spec.DType.IsFloat();
        if (!isFloat || (HasBytes(only.Tensor, output.DType) && RoundingOf(inputs) is null))
            return Copy(output with { DType = only.Tensor.Spec.DType }, only.Tensor, method, tensor);
        RequireComputable(output, inputs);
        return new()
        {
            Output = output,
            Work = WorkOf(Taken, NoValues, RoundingOf(inputs), NoMethod),
            Method = method.Signature.Name,
            Traits = tensor.Traits,
            Base = null,
            Models = [only.Tensor],
        };
    }

    /// <summary>Whether a source's bytes in a dtype can be copied: an adapter's update has to be computed.</summary>
    static bool HasBytes(TensorSource source, DType dtype) => source is not AdapterSource && source.Spec.DType == dtype;

    static PlannedTensor Copy(TensorSpec output, TensorSource source, MethodBinding method, OutputTensor tensor) =>
        new()
        {
            Output = output,
            Work = null,
            Method = method.Signature.Name,
            Traits = tensor.Traits,
            Base = null,
            Models = [source],
        };

    TensorWork WorkOf(OutputTensor tensor, MethodBinding method, TensorInputs inputs, long[] shape)
    {
        var values = ValuesOf(tensor, method, inputs);
        var form = method.Method.UsesMatrices || inFactors ? MatrixForms.Of(shape, tensor.Traits.Role) : default;
        var facts = new TensorFacts(
            inputs.Models.Length, inputs.Base is not null, shape.Length <= 1, form,
            FactorForm.Of(inputs.Base?.Tensor, [.. inputs.Models.Select(m => m.Tensor)], form));
        var key = (method.Method, values.Switches.Text, facts);
        if (!_passes.TryGetValue(key, out var passes))
            _passes[key] = passes = TensorPasses.Cut(Expression(method.Method, new(facts, values.Switches)));
        return WorkOf(passes, values, RoundingOf(inputs), method.Signature.Name);
    }

    /// <summary>Whether models that all are the base stay it, however the sum of their weights is rounded.</summary>
    bool StaysBase(OutputTensor tensor, MethodBinding method, TensorInputs inputs) =>
        inFactors && inputs.All[0].Tensor is StoredSource source && inputs.All.All(i => i.Tensor.Equals(source))
        && method.Method.MergeFactors(new(
            new(inputs.Models.Length, inputs.Base is not null, IsVector: true),
            ValuesOf(tensor, method, inputs).Switches)) is not null;

    /// <summary>What a method makes of a tensor; of factors a product of them, where that is wanted.</summary>
    Tensor Expression(MergeMethod method, MergeInputs inputs) =>
        (inFactors && inputs.HasFactors ? method.MergeFactors(inputs) : null) ?? method.Merge(inputs);

    TensorWork WorkOf(TensorPasses passes, ParameterValues values, DType? rounding, string method)
    {
        if (!_groups.TryGetValue(method, out var group))
            _groups[method] = group = new(recipe.Recipe.Name?.Value ?? "", method);
        if (!_works.TryGetValue((passes, group, rounding, values.Text), out var work))
            _works[(passes, group, rounding, values.Text)] = work = new(passes, values, rounding, group);
        return work;
    }

    ParameterValues ValuesOf(OutputTensor tensor, MethodBinding method, TensorInputs inputs)
    {
        var key = (method, tensor.Slice, recipe.VariesByTensor ? "" : string.Join(' ', inputs.Sources));
        if (!recipe.VariesByTensor && _constant.TryGetValue(key, out var known)) return known;
        var values = method.ValuesFor(tensor.Slice, inputs.Sources,
            [.. inputs.Sources.Select((s, i) => tensor.In(s, inputs.Models[i].Model))], tensor.Traits, tensor.Position);
        return recipe.VariesByTensor ? values : _constant[key] = values;
    }

    static void RequireComputable(TensorSpec output, TensorInputs inputs)
    {
        foreach (var dtype in inputs.All.Select(i => i.Tensor.Spec.DType).Append(output.DType))
            if (!dtype.IsComputable())
                throw new FastMergeException(FailureKind.Plan,
                    $"tensor {DisplayText.Escape(output.Name)} has dtype {dtype}, which cannot be computed with; "
                    + "accepted: F64, F32, F16, BF16, F8_E4M3, F8_E5M2");
    }

    /// <summary>The dtype that inputs are rounded to first: that of <c>dtype:</c>, where it holds less than an
    /// input.</summary>
    DType? RoundingOf(TensorInputs inputs)
    {
        if (recipe.Recipe.DType?.Value is not { } dtype) return null;
        return inputs.All.Any(i => !Holds(dtype, i.Tensor.Spec.DType)) ? dtype : null;
    }

    /// <summary>Whether every value of a dtype is a value of another.</summary>
    static bool Holds(DType wide, DType narrow) => wide == narrow || (wide, narrow) switch
    {
        (DType.F64 or DType.F32, _) => narrow != DType.F64 || wide == DType.F64,
        (DType.F16 or DType.BF16, DType.F8_E4M3 or DType.F8_E5M2) => true,
        _ => false,
    };
}

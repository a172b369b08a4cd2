using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Decides how each tensor of a document is computed: method, passes, values, dtypes.</summary>
sealed class TensorPlanner(BoundRecipe recipe, InputFinder finder, ShapeRules shapes)
{
    readonly Dictionary<(MergeMethod, string Switches, TensorFacts), TensorPasses> _passes = [];
    readonly Dictionary<(TensorPasses, MergeGroup, DType?, string Values), TensorWork> _works = [];
    readonly Dictionary<(MethodBinding, LayerSlice, string Sources), ParameterValues> _constant = [];
    readonly Dictionary<string, MergeGroup> _groups = new(StringComparer.Ordinal);
    readonly List<string> _copied = [];
    readonly List<string> _integers = [];
    string _integerOwner = "";

    /// <summary>What was odd.</summary>
    public IEnumerable<string> Warnings =>
    [
        .. finder.Warnings, .. shapes.Warnings, .. _copied,
        .. _integers.Count == 0 ? Array.Empty<string>() :
            [$"{_integers.Count} tensors hold no floating-point numbers and are copied from {_integerOwner}, such as "
                + DisplayText.Escape(_integers[0])],
    ];

    /// <summary>Plans a tensor; null if the method that it goes by reads no source that has it.</summary>
    /// <exception cref="FastMergeException">Plan: its inputs do not fit together.</exception>
    public PlannedTensor? Plan(OutputTensor tensor)
    {
        var method = recipe.MethodOf(tensor.Traits);
        if (finder.Find(tensor, method.InputsOf(tensor.Slice)) is not { } inputs) return null;
        var shape = shapes.CommonShape(tensor.Traits.Name, tensor.HasVocabularyRows, inputs.All);
        var first = inputs.All[0];
        var output = new TensorSpec(tensor.Traits.Name, DTypeOf(tensor, first), [.. shape]);
        if (!first.Tensor.Spec.DType.IsFloat())
        {
            if (inputs.All.Length > 1) _integers.Add(output.Name);
            _integerOwner = first.Model.Text;
            return Copy(output with { DType = first.Tensor.Spec.DType }, first.Tensor, method, tensor);
        }
        if (!Suffices(method, inputs, output.Name)) return CopyOptional(output, first, method, tensor);
        var work = WorkOf(tensor, method, inputs, shape);
        if (work.Passes.IsIdentity(inputs.Models.Length) && inputs.Models[0].Tensor.Spec.DType == output.DType
            && work.InputRounding is null)
            return Copy(output, inputs.Models[0].Tensor, method, tensor);
        RequireComputable(output, inputs);
        return new()
        {
            Output = output,
            Work = work,
            Method = method.Signature.Name,
            Traits = tensor.Traits,
            Base = inputs.Base?.Tensor,
            Models = [.. inputs.Models.Select(m => m.Tensor)],
        };
    }

    /// <summary>The output's dtype: the recipe's, else that of the base, else that of the first source.</summary>
    DType DTypeOf(OutputTensor tensor, FoundInput first) =>
        recipe.Recipe.OutDType?.Value ?? recipe.Recipe.DType?.Value
            ?? finder.Stored(tensor, Math.Max(0, tensor.Slice.BaseIndex))?.Spec.DType ?? first.Tensor.Spec.DType;

    /// <summary>Whether a method can merge what there is of a tensor that models may lack.</summary>
    static bool Suffices(MethodBinding method, TensorInputs inputs, string name)
    {
        var needsBase = method.Signature.Base is BaseUse.Required or BaseUse.EndPoint;
        if (needsBase && inputs.Base is null && inputs.Models.Length > 1)
            throw new FastMergeException(FailureKind.Plan, $"tensor {DisplayText.Escape(name)} is not in the base, "
                + $"which {method.Signature.Name} needs, but in {inputs.Models.Length} models");
        return inputs.Models.Length >= method.Signature.MinModels && (!needsBase || inputs.Base is not null);
    }

    PlannedTensor CopyOptional(TensorSpec output, FoundInput only, MethodBinding method, OutputTensor tensor)
    {
        _copied.Add($"tensor {DisplayText.Escape(output.Name)} is in too few models for {method.Signature.Name} and "
            + $"copied from {only.Model.Text}");
        return Copy(output with { DType = only.Tensor.Spec.DType }, only.Tensor, method, tensor);
    }

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
        var facts = new TensorFacts(inputs.Models.Length, inputs.Base is not null, shape.Length <= 1);
        var key = (method.Method, values.Switches.Text, facts);
        if (!_passes.TryGetValue(key, out var passes))
            _passes[key] = passes = TensorPasses.Cut(method.Method.Merge(new MergeInputs(facts, values.Switches)));
        var name = method.Signature.Name;
        if (!_groups.TryGetValue(name, out var group))
            _groups[name] = group = new(recipe.Recipe.Name?.Value ?? "", name);
        var rounding = RoundingOf(inputs);
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

using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Core;

namespace FastMerge.Plan;

/// <summary>
/// Holds an adapter against the model that it belongs to: which tensors it updates, and which it replaces. The
/// shapes decide how factors are to be read; where two readings fit, the adapter is refused.
/// </summary>
sealed class AdapterMatch
{
    const string Weight = ".weight";

    readonly Dictionary<string, TensorSource> _changed = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _resolved = new(StringComparer.Ordinal);
    readonly LoraAdapter _adapter;
    readonly SourceModel _model;

    AdapterMatch(LoraAdapter adapter, SourceModel model)
    {
        (_adapter, _model) = (adapter, model);
        foreach (var (name, tensor) in adapter.Tensors.Saved) Replace(name, tensor);
        var updated = new HashSet<string>(StringComparer.Ordinal);
        foreach (var module in adapter.Tensors.Modules)
        {
            var (name, update) = Weigh(module);
            if (!updated.Add(name)) throw Refused(module.A, $"changes '{name}', which another update changes too");
            Update(name, update);
            if (module.Bias is { } bias) UpdateBias(module, bias);
        }
    }

    /// <summary>The tensors that the adapter changes, by the model's names.</summary>
    public IReadOnlyDictionary<string, TensorSource> Changed => _changed;

    /// <summary>Matches.</summary>
    /// <exception cref="FastMergeException">Input: a factor has not the rank that the configuration says. Plan: a
    /// tensor belongs to none of the model, or fits it in no way or in several.</exception>
    public static AdapterMatch Of(LoraAdapter adapter, SourceModel model) => new(adapter, model);

    /// <summary>A tensor that is saved whole.</summary>
    void Replace(string name, InputTensor tensor)
    {
        var (known, inner) = Find(name, tensor);
        if (inner.Spec.DType.IsFloat() != tensor.Spec.DType.IsFloat())
            throw Refused(tensor, $"has dtype {tensor.Spec.DType}, and '{DisplayText.Escape(known)}' of {_model.Text} "
                + $"has {inner.Spec.DType}");
        var same = tensor.Spec.Shape.AsSpan().SequenceEqual(inner.Spec.Shape.AsSpan());
        if (!same && !(_model.Names[known].HasVocabularyRows && tensor.Spec.Shape.Length == inner.Spec.Shape.Length
            && tensor.Spec.Shape.AsSpan()[1..].SequenceEqual(inner.Spec.Shape.AsSpan()[1..])))
            throw Refused(tensor, $"has shape {tensor.Spec.ShapeText}, and '{DisplayText.Escape(known)}' of "
                + $"{_model.Text} has {inner.Spec.ShapeText}");
        _changed[known] = new StoredSource(tensor, inner.Spec with { Name = known, DType = inner.ModelDType });
    }

    void Update(string name, LowRankUpdate update) =>
        _changed[name] = new AdapterSource(Current(name), update, _adapter.Text);

    TensorSource Current(string name) =>
        _changed.GetValueOrDefault(name) ?? _model.Find(name) ?? _model.Find(_model.Names.StandIn(name)!)!;

    void UpdateBias(AdapterModule module, InputTensor bias)
    {
        var (name, inner) = Find(module.Module + ".bias", bias);
        if (bias.Spec.ElementCount != inner.Spec.ElementCount || inner.Spec.ElementCount == 0)
            throw Refused(bias, $"has shape {bias.Spec.ShapeText}, and '{DisplayText.Escape(name)}' of {_model.Text} "
                + $"has {inner.Spec.ShapeText}");
        RequireComputable(bias, name, inner);
        string[] names = [module.Module];
        Update(name, new()
        {
            Matrices = 1,
            Rows = 1,
            Columns = inner.Spec.ElementCount,
            Rank = 1,
            Left = null,
            Right = FactorPlacement.Of(bias, 1, 1, 0),
            Scale = _adapter.Config.ScaleOf(names, RankOf(module, names, 1)),
        });
    }

    /// <summary>The tensor that a module's factors update, and how.</summary>
    (string Name, LowRankUpdate Update) Weigh(AdapterModule module)
    {
        if (module.Place > 0 || Resolve(module.Module + Weight) is not { } name) return WeighParameter(module);
        var inner = Current(name);
        RequireComputable(module.A, name, inner);
        string[] names = [module.Module];
        var rank = RankOf(module, names, 1);
        var shape = inner.Spec.Shape;
        long rows = shape.Length < 2 ? 0 : shape[0], columns = shape.Skip(1).Aggregate(1L, (p, n) => p * n);
        var (inputs, outputs) = (Flat(module.A), Flat(module.B));
        // Of a matrix that is stored by outputs, A is r x columns and B rows x r; by inputs, the other way around.
        var (plain, turned) = (inputs.Others == columns && outputs.First == rows && outputs.Others == rank,
            inputs.Others == rows && outputs.First == columns && outputs.Others == rank);
        var isTurned = module.IsEmbedding || (turned && (_adapter.Config.IsTransposed || !plain));
        if (rows == 0 || columns == 0 || !(isTurned ? turned : plain)) throw Misfit(module, name, inner);
        var update = new LowRankUpdate
        {
            Matrices = 1,
            Rows = rows,
            Columns = columns,
            Rank = rank,
            Left = isTurned ? FactorPlacement.Of(module.A, rows, 1, rank)
                : FactorPlacement.Of(module.B, rank, rank, 1),
            Right = isTurned ? FactorPlacement.Of(module.B, rank, 1, LowRankUpdate.StrideOf(columns))
                : FactorPlacement.Of(module.A, columns, LowRankUpdate.StrideOf(columns), 1),
            Scale = _adapter.Config.ScaleOf(names, rank),
            Magnitudes = module.Magnitude,
        };
        CheckMagnitudes(module, name, update, isTurned && !module.IsEmbedding);
        return (name, update);
    }

    void CheckMagnitudes(AdapterModule module, string name, LowRankUpdate update, bool byColumns)
    {
        if (module.Magnitude is not { } magnitude) return;
        if (byColumns)
            throw Refused(magnitude, $"scales columns of '{DisplayText.Escape(name)}', which is stored by inputs; "
                + "accepted: DoRA of weights that are stored by outputs");
        if (magnitude.Spec.ElementCount != update.Matrices * update.Rows)
            throw Refused(magnitude, $"has shape {magnitude.Spec.ShapeText}, and '{DisplayText.Escape(name)}' of "
                + $"{_model.Text} has {update.Rows} rows");
    }

    /// <summary>
    /// A parameter that is no module's weight. Of E matrices of d1 x d2 each, A is (E r) x d1 by expert and k, and B
    /// d2 x (r E) by k and expert; where they were exchanged before training, A has d2 and B d1.
    /// </summary>
    (string Name, LowRankUpdate Update) WeighParameter(AdapterModule module)
    {
        var prefix = module.Module + ".";
        var found = _adapter.Config.TargetParameters
            .SelectMany(p => Candidates(prefix, p)).Distinct()
            .SelectMany(name => Readings(module, name)).ToArray();
        if (found.Length == 0) throw Unknown(module.Module + Weight, module.A);
        if (found.Length == 1)
        {
            if (module.Magnitude is { } magnitude)
                throw Refused(
                    magnitude, "belongs to a parameter that is no module's weight; accepted: DoRA of modules");
            return found[0];
        }
        throw Refused(module.A, $"fits in {found.Length} ways ("
            + string.Join(", ", found.Select(f => $"'{DisplayText.Escape(f.Name)}' {Current(f.Name).Spec.ShapeText}"))
            + "); accepted: experts whose shape tells inputs from outputs");
    }

    /// <summary>The model's tensors directly in a module that a target's last words mean.</summary>
    IEnumerable<string> Candidates(string prefix, string target)
    {
        var last = target[(target.LastIndexOf('.') + 1)..];
        return Resolve(prefix + last) is { } name && (prefix + last == target
            || (prefix + last).EndsWith("." + target, StringComparison.Ordinal)) ? [name] : [];
    }

    IEnumerable<(string Name, LowRankUpdate Update)> Readings(AdapterModule module, string name)
    {
        var inner = Current(name);
        if (inner.Spec.Shape is not [var experts, var first, var second] || inner.Spec.ElementCount == 0) yield break;
        RequireComputable(module.A, name, inner);
        var (inputs, outputs) = (Flat(module.A), Flat(module.B));
        if (inputs.First % experts != 0 || outputs.Others != inputs.First) yield break;
        string[] names = [module.Module, module.Module + name[name.LastIndexOf('.')..]];
        var isPlain = inputs.Others == first && outputs.First == second;
        var isExchanged = inputs.Others == second && outputs.First == first;
        if (!isPlain && !isExchanged) yield break;
        var rank = RankOf(module, names, experts);
        var stride = LowRankUpdate.StrideOf(second);
        var update = new LowRankUpdate
        {
            Matrices = experts,
            Rows = first,
            Columns = second,
            Rank = rank,
            Left = new(module.A, rank, first, first * rank, 1, rank),
            Right = new(module.B, rank, experts, 1, stride, rank * stride),
            Scale = _adapter.Config.ScaleOf(names, rank),
        };
        if (isPlain) yield return (name, update);
        if (isExchanged)
            yield return (name, update with
            {
                Left = new(module.B, rank, experts, rank, 1, first * rank),
                Right = new(module.A, rank, second, rank * stride, stride, 1),
            });
    }

    /// <summary>The rank of a module's factors, which the configuration must say as well.</summary>
    int RankOf(AdapterModule module, IEnumerable<string> names, long matrices)
    {
        var rank = _adapter.Config.RankOf(names);
        return module.A.Spec.Shape[0] == rank * matrices ? rank : throw new FastMergeException(FailureKind.Input,
            $"{DisplayText.Escape(module.A.Shard.Path)}: tensor {SafetensorsHeader.Quote(module.A.Spec.Name)} has "
            + $"shape {module.A.Spec.ShapeText}, and {AdapterConfig.FileName} says rank {rank}"
            + (matrices > 1 ? $" for each of {matrices} experts" : ""));
    }

    /// <summary>The first axis of a factor, and all others together.</summary>
    static (long First, long Others) Flat(InputTensor factor) =>
        (factor.Spec.Shape[0], factor.Spec.ElementCount / factor.Spec.Shape[0]);

    (string Name, TensorSource Inner) Find(string name, InputTensor tensor)
    {
        var known = Resolve(name) ?? throw Unknown(name, tensor);
        return (known, Current(known));
    }

    /// <summary>
    /// The model's name of a tensor: the same, or the same but for one word in front, which checkpoints have or have
    /// not. A head that is tied to the embedding begins as the embedding.
    /// </summary>
    string? Resolve(string name)
    {
        if (_resolved.TryGetValue(name, out var known)) return known;
        var found = _model.Find(name) is not null ? name : Shorter(name) ?? Longer(name)
            ?? (_model.Names.StandIn(name) is null ? null : name);
        if (found is not null) _resolved[name] = found;
        return found;
    }

    string? Shorter(string name) =>
        name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..] is var rest && _model.Find(rest) is not null
            ? rest : null;

    string? Longer(string name)
    {
        var found = _model.TensorNames.Where(n => n.Length > name.Length + 1
            && n.EndsWith(name, StringComparison.Ordinal) && n[^(name.Length + 1)] == '.'
            && !n.AsSpan(0, n.Length - name.Length - 1).Contains('.')).Take(2).ToArray();
        return found.Length == 1 ? found[0] : null;
    }

    void RequireComputable(InputTensor factor, string name, TensorSource inner)
    {
        if (!inner.Spec.DType.IsComputable())
            throw Refused(factor, $"changes '{DisplayText.Escape(name)}' of {_model.Text}, which has dtype "
                + $"{inner.Spec.DType}; accepted: F64, F32, F16, BF16, F8_E4M3, F8_E5M2");
    }

    FastMergeException Misfit(AdapterModule module, string name, TensorSource inner) => Refused(module.A,
        $"has shape {module.A.Spec.ShapeText} and lora_B {module.B.Spec.ShapeText}, which do not fit "
        + $"'{DisplayText.Escape(name)}' of {_model.Text} with shape {inner.Spec.ShapeText}");

    FastMergeException Unknown(string name, InputTensor tensor)
    {
        var nearest = DisplayText.Nearest(name, _model.TensorNames);
        return Refused(tensor, $"belongs to {SafetensorsHeader.Quote(name)}, which {_model.Text} does not have"
            + (nearest is null ? "" : $"; nearest is {SafetensorsHeader.Quote(nearest)}"));
    }

    static FastMergeException Refused(InputTensor tensor, string problem) => new(FailureKind.Plan,
        $"{DisplayText.Escape(tensor.Shard.Path)}: tensor {SafetensorsHeader.Quote(tensor.Spec.Name)} {problem}");
}

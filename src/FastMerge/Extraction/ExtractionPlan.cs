using System.Text.RegularExpressions;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Comparison;
using FastMerge.Core;
using FastMerge.Names;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Extraction;

/// <summary>Another tensor that both models have: it may be saved whole.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Model">The model's tensor.</param>
/// <param name="Pair">Both, to compare; null if their shapes or kinds differ.</param>
sealed record OtherTensor(string Name, TensorSource Model, PlannedTensor? Pair);

/// <summary>Which tensors of a model an adapter to a base is made from.</summary>
sealed class ExtractionPlan
{
    /// <summary>What PEFT has in front of every name.</summary>
    public const string Prefix = "base_model.model.";

    /// <summary>What PEFT has in front of the names within a module that it wraps.</summary>
    public const string Wrapper = "base_layer";

    const string Weight = ".weight";

    static readonly string[] StoredByInputs = ["gpt2", "openai-gpt"];

    static readonly ParameterValues NoValues = new(new Dictionary<Parameter, double[]>(), MethodSwitches.None);

    /// <summary>Holds a model against its base.</summary>
    /// <exception cref="FastMergeException">Plan: nothing can be extracted.</exception>
    public ExtractionPlan(ExtractionInput model, ExtractionInput @base, ExtractOptions options)
    {
        var names = ModelNames.Of(model.Config, model.Tensors.Keys);
        IsTransposed = StoredByInputs.Contains(JsonText.StringAt(model.Config, "model_type"));
        bool IsWanted(string module) => (options.Include.Count == 0 || options.Include.Any(p => Matches(p, module)))
            && !options.Exclude.Any(p => Matches(p, module));
        string[] sorted = [.. model.Tensors.Keys.Order(NaturalOrder.Instance)];
        foreach (var name in sorted.Where(@base.Tensors.ContainsKey))
            if (WeightOf(names[name], model.Tensors[name], @base.Tensors[name], options.Embeddings) is { } weight
                && IsWanted(weight.Module))
                Weights.Add(weight);
        Unclear = FusedExperts.TakeUnclear(Weights, @base.Tensors.ContainsKey);
        var updated = Weights.Select(w => w.Difference.Output.Name).ToHashSet();
        foreach (var name in sorted.Where(n => !updated.Contains(n)))
            if (!@base.Tensors.TryGetValue(name, out var before)) Absent.Add(name);
            else Others.Add(new(name, model.Tensors[name], PairOf(name, model.Tensors[name], before)));
        if (Weights.Count == 0)
            throw new FastMergeException(FailureKind.Plan,
                $"{DisplayText.Escape(model.Text)} and {DisplayText.Escape(@base.Text)} have no weight in common that "
                + "an update is asked for; accepted: floating-point matrices of equal names and shapes"
                + (Unclear.Count == 0 ? "" : $" ({DisplayText.Escape(Unclear.First().Key)}: {Unclear.First().Value})"));
        MergeGroup.Fill([.. Weights.Select(w => w.Difference)]);
    }

    /// <summary>Weights that get updates.</summary>
    public List<DifferingWeight> Weights { get; } = [];

    /// <summary>Tensors that get none.</summary>
    public List<OtherTensor> Others { get; } = [];

    /// <summary>Tensors that the base lacks.</summary>
    public List<string> Absent { get; } = [];

    /// <summary>Fused experts among the tensors that get no update although one is asked for, and why.</summary>
    public IReadOnlyDictionary<string, string> Unclear { get; }

    /// <summary>Whether the model's weights have inputs along their first axis.</summary>
    public bool IsTransposed { get; }

    /// <summary>Fails where a choice is no regular expression.</summary>
    /// <exception cref="FastMergeException">Usage.</exception>
    public static bool Matches(string pattern, string module)
    {
        try
        {
            return Regex.IsMatch(module, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FastMergeException(FailureKind.Usage, $"'{DisplayText.Escape(pattern)}' is not accepted; use a "
                + "regular expression without look-around and back-references");
        }
    }

    DifferingWeight? WeightOf(TensorName name, TensorSource tensor, TensorSource before, bool embeddings)
    {
        var (a, b) = (tensor.Spec, before.Spec);
        var isFused = name is { Role: TensorRole.Expert, Expert: null } && a.Shape.Length == 3
            && name.Text.Contains('.', StringComparison.Ordinal);
        if (!(isFused || name.Text.EndsWith(Weight, StringComparison.Ordinal)) || a.Shape.Length < 2
            || a.ElementCount == 0 || !a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())
            || !a.DType.IsComputable() || !b.DType.IsComputable() || (name.HasVocabularyRows && !embeddings))
            return null;
        var form = MatrixForms.Of([.. a.Shape], isFused ? TensorRole.Expert : TensorRole.Other);
        var isEmbedding = name is { HasVocabularyRows: true, Role: TensorRole.Embedding };
        return new(isFused ? name.Text : name.Text[..^Weight.Length],
            Tensor(new(name.Text, DType.F32, a.Shape), before, tensor, Subtract), form,
            isFused || isEmbedding || (IsTransposed && !name.HasVocabularyRows), isEmbedding);
    }

    /// <summary>Numbers are compared by sums, all else byte by byte.</summary>
    static PlannedTensor? PairOf(string name, TensorSource tensor, TensorSource before)
    {
        var (a, b) = (tensor.Spec, before.Spec);
        if (!a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())) return null;
        var isComputed = a.DType.IsComputable() && b.DType.IsComputable();
        return isComputed || (a.DType == b.DType && tensor is StoredSource)
            ? Tensor(new(name, a.DType, a.Shape), before, tensor, isComputed ? DifferenceSums.Work : null) : null;
    }

    static PlannedTensor Tensor(TensorSpec output, TensorSource before, TensorSource tensor, TensorWork? work) => new()
    {
        Output = output, Work = work, Base = before, Models = [tensor],
    };

    static TensorWork Subtract { get; } = new(
        TensorPasses.Cut(Ops.Sum(Primitives.Tensor.Models() - Primitives.Tensor.Base())), NoValues, null,
        new("", "difference"));

    /// <summary>A matrix in memory, to be stored in a dtype.</summary>
    public static PlannedTensor Encoded(string name, long elements, DType dtype) => new()
    {
        Output = new(name, dtype, [elements]),
        Work = Take,
        Base = null,
        Models = [new MemorySource(new(name, DType.F32, [elements]))],
    };

    static TensorWork Take { get; } = new(
        TensorPasses.Cut(Ops.Sum(Primitives.Tensor.Models())), NoValues, null, new("", "encode"));
}

using System.Text.RegularExpressions;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Comparison;
using FastMerge.Core;
using FastMerge.Names;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Extraction;

/// <summary>A weight whose difference to the base gets an update.</summary>
/// <param name="Module">Its module.</param>
/// <param name="Difference">Model minus base, binary32.</param>
/// <param name="IsTurned">Whether the factors' product is the transposed difference.</param>
/// <param name="IsEmbedding">Whether PEFT takes it for an embedding.</param>
sealed record DifferingWeight(string Module, PlannedTensor Difference, bool IsTurned, bool IsEmbedding)
{
    /// <summary>Rows.</summary>
    public long Rows => Difference.Output.Shape[0];

    /// <summary>All other axes together.</summary>
    public long Columns => Difference.Output.ElementCount / Rows;

    /// <summary>The highest rank.</summary>
    public long Sides => Math.Min(Rows, Columns);

    /// <summary>The tensors of an update of some rank: A, B.</summary>
    public TensorSpec[] Factors(long rank, DType dtype)
    {
        var (a, b) = IsEmbedding ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A.weight", "lora_B.weight");
        long[] inputs = IsTurned ? [Rows] : [.. Difference.Output.Shape.Skip(1)];
        var ones = Enumerable.Repeat(1L, IsTurned ? 0 : Difference.Output.Shape.Length - 2);
        return
        [
            new($"{ExtractionPlan.Prefix}{Module}.{a}", dtype, [rank, .. inputs]),
            new($"{ExtractionPlan.Prefix}{Module}.{b}", dtype, [IsTurned ? Columns : Rows, rank, .. ones]),
        ];
    }
}

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
        foreach (var name in model.Tensors.Keys.Order(NaturalOrder.Instance))
        {
            var tensor = model.Tensors[name];
            if (!@base.Tensors.TryGetValue(name, out var before)) Absent.Add(name);
            else if (WeightOf(names[name], tensor, before, options.Embeddings) is { } weight && IsWanted(weight.Module))
                Weights.Add(weight);
            else Others.Add(new(name, tensor, PairOf(name, tensor, before)));
        }
        if (Weights.Count == 0)
            throw new FastMergeException(FailureKind.Plan,
                $"{DisplayText.Escape(model.Text)} and {DisplayText.Escape(@base.Text)} have no weight in common that "
                + "an update is asked for; accepted: floating-point matrices of equal names and shapes");
        MergeGroup.Fill([.. Weights.Select(w => w.Difference)]);
    }

    /// <summary>Weights that get updates.</summary>
    public List<DifferingWeight> Weights { get; } = [];

    /// <summary>Tensors that get none.</summary>
    public List<OtherTensor> Others { get; } = [];

    /// <summary>Tensors that the base lacks.</summary>
    public List<string> Absent { get; } = [];

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
        if (!name.Text.EndsWith(Weight, StringComparison.Ordinal) || a.Shape.Length < 2 || a.ElementCount == 0
            || !a.Shape.AsSpan().SequenceEqual(b.Shape.AsSpan())
            || !a.DType.IsComputable() || !b.DType.IsComputable() || (name.HasVocabularyRows && !embeddings))
            return null;
        var isEmbedding = name is { HasVocabularyRows: true, Role: TensorRole.Embedding };
        return new(name.Text[..^Weight.Length],
            Tensor(new(name.Text, DType.F32, a.Shape), before, tensor, Subtract),
            isEmbedding || (IsTransposed && !name.HasVocabularyRows), isEmbedding);
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

using FastMerge.Core;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Primitives;

/// <summary>What a method does with <c>base_model</c>.</summary>
enum BaseUse
{
    /// <summary>Must be given; task vectors are taken from it and it is not one of the models.</summary>
    Required,

    /// <summary>Plays no part in the arithmetic; it still donates config, tokenizer and dtypes.</summary>
    Ignored,

    /// <summary>Must be given and be one of the listed models: one end of an interpolation.</summary>
    EndPoint,

    /// <summary>Must be absent or be the only model.</summary>
    SoleModel,

    /// <summary>May be given: task vectors are then taken from it and it is not one of the models.</summary>
    Optional,

    /// <summary>May be given: it is then one more model, the last one if it is not listed.</summary>
    Input,
}

/// <summary>
/// A method's name, its source, and what it asks of a recipe. Model counts do not include the base.
/// </summary>
sealed record MethodSignature(
    string Name, string Summary, string Source, BaseUse Base, int MinModels, int MaxModels,
    params Parameter[] Parameters)
{
    /// <summary>How many models it takes, as in "at least 2 models".</summary>
    public string CountText => MaxModels == MinModels
        ? MinModels == 1 ? "exactly 1 model" : $"exactly {MinModels} models"
        : MaxModels == int.MaxValue ? $"at least {MinModels} model{(MinModels == 1 ? "" : "s")}"
        : $"{MinModels} to {MaxModels} models";
}

/// <summary>
/// A merge method: a description that builds an expression over symbolic tensors. It never sees data.
/// </summary>
abstract class MergeMethod
{
    /// <summary>Any number of models.</summary>
    protected const int Unlimited = int.MaxValue;

    /// <summary>What a function of side values throws when the data are not what the method takes.</summary>
    protected static FastMergeException Refusal(string text) => new(FailureKind.Input, text);

    /// <summary>Name, source, needs and parameters.</summary>
    public abstract MethodSignature Signature { get; }

    /// <summary>The merged tensor as an expression over the inputs.</summary>
    public abstract Tensor Merge(MergeInputs x);

    /// <summary>Whether it asks for more of a tensor's shape than whether it is a vector.</summary>
    public virtual bool UsesMatrices => false;

    /// <summary>What is wrong with a combination of switches and values; null if it makes sense.</summary>
    public virtual string? Complaint(MethodSwitches switches, Func<Parameter, double[]> values) => null;
}

/// <summary>What is known of a tensor before any data: what the shape of an expression may depend on.</summary>
/// <param name="ModelCount">The number of models that are not the base.</param>
/// <param name="HasBase">Whether the base's tensor is there to be read.</param>
/// <param name="IsVector">Whether the tensor has at most one axis.</param>
/// <param name="Form">Its matrices, for methods that <see cref="MergeMethod.UsesMatrices"/>.</param>
/// <param name="Ranks">The ranks of its task vectors, where all of them are given by factors.</param>
readonly record struct TensorFacts(
    int ModelCount, bool HasBase, bool IsVector, MatrixForm Form = default, FactorRanks? Ranks = null);

/// <summary>What kind of matrices a tensor is made of.</summary>
enum MatrixKind
{
    /// <summary>None: at most one axis.</summary>
    Vector,

    /// <summary>The weight of a linear map.</summary>
    Linear,

    /// <summary>One row for each entry of a vocabulary: embeddings and heads.</summary>
    Embedding,

    /// <summary>Three axes: one matrix for each position on the first, as fused experts have.</summary>
    Stack,

    /// <summary>Four axes and more, or three that are no experts: a convolution, its outputs as rows.</summary>
    Convolution,
}

/// <summary>The matrices of a tensor.</summary>
/// <param name="Kind">Their kind.</param>
/// <param name="Rows">Rows of each.</param>
/// <param name="Columns">Columns of each.</param>
/// <param name="Count">Their number.</param>
readonly record struct MatrixForm(MatrixKind Kind, long Rows, long Columns, long Count);

/// <summary>What a method file sees of one tensor: symbols, static facts, and switches.</summary>
/// <param name="facts">The facts.</param>
/// <param name="switches">The switches.</param>
/// <param name="self">The method as an inner one, where it is.</param>
sealed class MergeInputs(TensorFacts facts, MethodSwitches switches, InnerMethod? self = null)
{
    /// <summary>The base model's tensor.</summary>
    public Tensor Base { get; } = Tensor.Base();

    /// <summary>The tensors of the models that are not the base, in recipe order.</summary>
    public Tensor Models { get; } = Tensor.Models();

    /// <summary>Each model's tensor minus the base's.</summary>
    public Tensor TaskVectors => _taskVectors ??= Models - Base;

    /// <summary>The number of models that are not the base.</summary>
    public int ModelCount => facts.ModelCount;

    /// <summary>Whether the tensor has at most one axis.</summary>
    public bool IsVector => facts.IsVector;

    /// <summary>Whether there is a base; for methods that can do without.</summary>
    public bool HasBase => facts.HasBase;

    /// <summary>The tensor's matrices.</summary>
    public MatrixForm Form => facts.Form;

    /// <summary>
    /// Whether the tensor is merged by its matrices: linear maps and stacks of them always, embeddings and
    /// convolutions as the switches say.
    /// </summary>
    public bool IsMatrix => IsMatrixBy(CommonParameters.Embeddings, CommonParameters.Convolutions);

    /// <summary>The same for a method that has switches of its own; their word is "matrix".</summary>
    public bool IsMatrixBy(Choice embeddings, Choice convolutions) => Form.Kind switch
    {
        MatrixKind.Linear or MatrixKind.Stack => true,
        MatrixKind.Embedding => this[embeddings] == "matrix",
        MatrixKind.Convolution => this[convolutions] == "matrix",
        _ => false,
    };

    /// <summary>The elements of an expression as a matrix in memory.</summary>
    public Matrix Matrix(Tensor source) => new LoadStep(source, null, Form.Rows, Form.Columns).Outputs[0];

    /// <summary>The elements of one model's part of an expression as a matrix in memory.</summary>
    public Matrix Matrix(Tensor perModel, int model)
    {
        if (!_sums.TryGetValue(perModel, out var sum)) _sums[perModel] = sum = Ops.Sum(perModel);
        return new LoadStep(sum, model, Form.Rows, Form.Columns).Outputs[0];
    }

    /// <summary>Whether the task vectors are given by factors, which together have no more columns than they.</summary>
    public bool HasFactors => facts.Ranks is not null;

    /// <summary>The factors of the task vectors; those of a model that is the base have no columns.</summary>
    public TaskFactors[] Factors()
    {
        var factors = new TaskFactors[ModelCount];
        foreach (var k in facts.Ranks!.Updated)
        {
            var step = new FactorStep(k, Form.Rows, Form.Columns, facts.Ranks[k]);
            factors[k] = new(step.Outputs[0], step.Outputs[1], step.Found[0]);
        }
        var some = factors.First(f => f.Left is not null);
        var none = new TaskFactors(MatrixOps.Columns(some.Left, 0, 0), MatrixOps.Rows(some.Right, 0, 0), 0);
        return [.. factors.Select(f => f.Left is null ? none : f)];
    }

    /// <summary>The task vectors as matrices in memory, in any bases of the sides that a method does not depend
    /// on.</summary>
    public TaskFrame Tasks(FrameSides sides) => new(this, sides);

    /// <summary>What the inner method makes of the same inputs.</summary>
    public Tensor Inner() => switches.Inner!.Merge(facts);

    /// <summary>What the inner method makes of matrices in memory, one a model, over a base of zeros.</summary>
    public Matrix Inner(params Matrix[] models) => new MergeStep(
        models, switches.Inner!.Merge(new(models.Length, HasBase: true, IsVector: false))).Outputs[0];

    /// <summary>The value of a parameter for this tensor.</summary>
    public Scalar this[Global parameter] => Symbol(parameter);

    /// <summary>The values of a parameter for this tensor, one for each model.</summary>
    public Scalar this[PerModel parameter] => Symbol(parameter);

    /// <summary>What a file says of each model.</summary>
    public Scalar this[Table parameter] => Symbol(parameter);

    /// <summary>Whether a switch is on.</summary>
    public bool Is(Flag flag) => switches.IsOn(flag);

    /// <summary>The word chosen for a parameter.</summary>
    public string this[Choice parameter] => switches.WordOf(parameter);

    /// <summary>Whether the recipe sets an optional parameter.</summary>
    public bool IsSet(Parameter parameter) => switches.IsOn(parameter);

    readonly Dictionary<Tensor, Tensor> _sums = [];
    readonly Dictionary<Parameter, Scalar> _symbols = [];
    Tensor? _taskVectors;

    Scalar Symbol(Parameter parameter)
    {
        if (!_symbols.TryGetValue(parameter, out var symbol))
            _symbols.Add(parameter, symbol = self?.SymbolOf(parameter) ?? Scalar.Of(parameter));
        return symbol;
    }
}

using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Names;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Spectra;

/// <summary>Takes the spectra of a model's matrices through the engine, under the memory budget.</summary>
sealed class SpectrumReport
{
    static readonly ParameterValues NoValues = new(new Dictionary<Parameter, double[]>(), MethodSwitches.None);
    static readonly TensorWork Take = Work(Ops.Sum(Tensor.Models()), "spectrum");
    static readonly TensorWork Subtract = Work(Ops.Sum(Tensor.Models() - Tensor.Base()), "spectrum of a difference");

    readonly InputCheckpoint _model;
    readonly InputCheckpoint? _base;
    readonly List<SpectrumTensor> _tensors = [];
    readonly List<string> _left = [];

    /// <summary>Opens the model and its base.</summary>
    /// <exception cref="FastMergeException">Input: one is missing or malformed.</exception>
    public SpectrumReport(string model, string? baseModel, Func<string, bool> isWanted, IStorage storage)
    {
        _model = InputCheckpoint.Open(new ModelLocation(model), storage);
        _base = baseModel is null ? null : InputCheckpoint.Open(new ModelLocation(baseModel), storage);
        var names = ModelNames.Of(_model.Config, _model.Tensors.Keys);
        foreach (var name in _model.Tensors.Keys.Where(isWanted).Order(NaturalOrder.Instance))
            if (TensorOf(names[name], _model.Tensors[name]) is { } tensor) _tensors.Add(tensor);
            else _left.Add(name);
        MergeGroup.Fill([.. _tensors.Select(t => t.Tensor)]);
    }

    /// <summary>How many tensors are named as asked for.</summary>
    public int Count => _tensors.Count + _left.Count;

    /// <summary>Reads the model, and the base.</summary>
    public ModelSpectra Run(SpectrumOptions options, CancellationToken cancellation)
    {
        var run = new EngineRun([.. _tensors.Select(t => t.Tensor)],
            RunLimits.Of(options.Threads, options.MemoryBytes, null, options.Input),
            [.. _tensors.Select(t => t.MatrixBytes + t.WorkBytes)]);
        var work = new SpectrumWork(_tensors, run.Options);
        using var inputs = new InputSet(_base is null ? [_model] : [_model, _base], options.Input);
        run.Run(work.Tasks, inputs, cancellation);
        return new()
        {
            Model = _model.Location.Text,
            Base = _base?.Location.Text,
            Matrices = [.. work.Found.SelectMany(f => f)],
            Left = _left,
            Library = MatrixLibrary.Describe().Text,
            Warnings = [.. _model.Warnings, .. _base?.Warnings ?? []],
        };
    }

    /// <summary>How a tensor is looked at; null if it has no matrices, or the base has none like it.</summary>
    SpectrumTensor? TensorOf(TensorName name, InputTensor tensor)
    {
        var form = MatrixForms.Of([.. tensor.Spec.Shape], name.Role);
        if (form.Kind == MatrixKind.Vector || !tensor.Spec.DType.IsComputable()) return null;
        InputTensor? before = null;
        if (_base is not null && (!_base.Tensors.TryGetValue(name.Text, out before)
            || !before.Spec.DType.IsComputable()
            || !before.Spec.Shape.AsSpan().SequenceEqual(tensor.Spec.Shape.AsSpan())))
            return null;
        return new(
            new()
            {
                Output = tensor.Spec with { DType = DType.F32 },
                Work = before is null ? Take : Subtract,
                Base = before is null ? null : new StoredSource(before),
                Models = [new StoredSource(tensor)],
            },
            form);
    }

    static TensorWork Work(Tensor expression, string name) =>
        new(TensorPasses.Cut(expression), NoValues, null, new("", name));
}

using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Backends;

/// <summary>
/// Lowers tensor expressions to an element program. A node's stage is the number of folds over models
/// below it; each stage becomes straight code followed by one loop over the models.
/// </summary>
sealed class ProgramWriter
{
    readonly DType? _inputRounding;
    readonly List<Instruction> _code = [];
    readonly List<uint> _registers = [];
    readonly List<float> _literals = [];
    readonly List<Scalar> _uniforms = [];
    readonly List<Scalar> _modelUniforms = [];
    readonly List<Cut> _cuts = [];
    readonly List<Scalar> _densities = [];
    readonly List<ArraySource> _arrays = [];
    readonly List<ArraySource> _modelArrays = [];
    readonly Dictionary<Tensor, int> _register = [];
    readonly Dictionary<Tensor, int> _stage = [];
    readonly List<Tensor> _order = [];

    /// <summary>Stands for the density of random numbers that are compared with densities of each element.</summary>
    static readonly Scalar ElementDensity = Scalar.Constant(1);

    ProgramWriter(DType? inputRounding) => _inputRounding = inputRounding;

    /// <summary>
    /// The program that stores an expression. With <paramref name="inputRounding"/> every input is first
    /// rounded to that dtype.
    /// </summary>
    public static ElementProgram Map(Tensor output, DType? inputRounding) =>
        new ProgramWriter(inputRounding).Write([output], [], [], hasOutput: true);

    /// <summary>The program that adds up reductions.</summary>
    public static ElementProgram Reduce(IReadOnlyList<Reduction> reductions, DType? inputRounding) =>
        new ProgramWriter(inputRounding).Write(
            [.. reductions.SelectMany(r => r.Second is null ? [r.First] : new[] { r.First, r.Second })],
            reductions, [], hasOutput: false);

    /// <summary>The program that counts the magnitudes of tensors.</summary>
    public static ElementProgram Histogram(IReadOnlyList<Tensor> sources, DType? inputRounding) =>
        new ProgramWriter(inputRounding).Write(sources, [], sources, hasOutput: false);

    ElementProgram Write(
        IReadOnlyList<Tensor> roots, IReadOnlyList<Reduction> reductions, IReadOnlyList<Tensor> histograms,
        bool hasOutput)
    {
        foreach (var root in roots) Visit(root);
        for (var stage = 0; stage <= _stage.Values.Max(); stage++) WriteStage(stage, reductions, histograms);
        for (var i = 0; i < reductions.Count; i++)
            if (reductions[i].Kind == ReductionKind.Gram || !reductions[i].PerModel) WriteReduction(reductions[i], i);
        for (var i = 0; i < histograms.Count; i++)
            if (!histograms[i].PerModel) Emit(OpCode.Histogram, 0, Value(histograms[i]), immediate: (uint)i);
        if (hasOutput) Emit(OpCode.Store, 0, Value(roots[0]));
        return new ElementProgram
        {
            Instructions = _code,
            Registers = _registers,
            Literals = _literals,
            ReadsBase = _order.Any(t => t.Kind == OpKind.Base),
            ReadsModels = _order.Any(t => t.Kind == OpKind.Models),
            Uniforms = _uniforms,
            ModelUniforms = _modelUniforms,
            Cuts = _cuts,
            RandomDensities = _densities,
            Arrays = _arrays,
            ModelArrays = _modelArrays,
            Reductions = reductions,
            Histograms = histograms,
            Outputs = hasOutput ? 1 : 0,
        };
    }

    void Visit(Tensor node)
    {
        if (_stage.ContainsKey(node)) return;
        var stage = 0;
        // Ranks are found before the program runs.
        foreach (var operand in node.Kind == OpKind.RowRank ? [] : node.Operands)
        {
            Visit(operand);
            stage = Math.Max(stage, _stage[operand] + (Tensor.IsFold(node.Kind) ? 1 : 0));
        }
        _stage[node] = stage;
        _order.Add(node);
    }

    void WriteStage(int stage, IReadOnlyList<Reduction> reductions, IReadOnlyList<Tensor> histograms)
    {
        foreach (var node in _order)
            if (!node.PerModel && !Tensor.IsFold(node.Kind) && _stage[node] == stage) WriteNode(node);
        var nodes = _order.Where(n => n.PerModel && _stage[n] == stage).ToArray();
        var folds = _order.Where(n => Tensor.IsFold(n.Kind) && _stage[n] == stage + 1).ToArray();
        var reduces = reductions.Any(r => r.PerModel && StageOf(r) == stage);
        if (nodes.Length == 0 && folds.Length == 0 && !reduces) return;
        Emit(OpCode.ForModels, 0);
        foreach (var node in nodes) WriteNode(node);
        foreach (var node in folds) WriteNode(node);
        for (var i = 0; i < reductions.Count; i++)
            if (reductions[i] is { PerModel: true } r && StageOf(r) == stage) WriteReduction(r, i);
        for (var i = 0; i < histograms.Count; i++)
            if (histograms[i].PerModel && _stage[histograms[i]] == stage)
                Emit(OpCode.Histogram, 0, Value(histograms[i]), immediate: (uint)i);
        Emit(OpCode.EndModels, 0);
    }

    int StageOf(Reduction r) => Math.Max(_stage[r.First], r.Second is null ? 0 : _stage[r.Second]);

    void WriteReduction(Reduction r, int sink)
    {
        var op = r.Kind switch
        {
            ReductionKind.Sum => OpCode.ReduceSum,
            ReductionKind.AbsoluteSum => OpCode.ReduceAbs,
            ReductionKind.Dot => OpCode.ReduceDot,
            ReductionKind.Maximum => OpCode.ReduceMax,
            _ => OpCode.ReduceGram,
        };
        Emit(op, 0, Value(r.First), r.Second is null ? Operand.None : Value(r.Second), immediate: (uint)sink);
    }

    void WriteNode(Tensor node)
    {
        if (node.Matrix is { } matrix)
        {
            _register[node] = Load(new(null, null, matrix), isOfModels: false, inLoop: false).Index;
            return;
        }
        if (node.Kind == OpKind.RowRank)
        {
            _register[node] = Load(new(null, node), node.PerModel, node.PerModel).Index;
            return;
        }
        var (a, b, c) = OperandsOf(node);
        var register = NewRegister(node.PerModel, node.IsMask);
        Emit(CodeOf(node.Kind), register, a, b, c, ImmediateOf(node));
        if (node.Kind is OpKind.Base or OpKind.Models && _inputRounding is { } dtype)
        {
            var loaded = Operand.Of(OperandKind.Register, register);
            register = NewRegister(node.PerModel, isMask: false);
            Emit(OpCode.RoundTo, register, loaded, immediate: (uint)KernelDTypes.Of(dtype));
        }
        _register[node] = register;
    }

    int NewRegister(bool perModel, bool isMask)
    {
        _registers.Add((perModel ? 1u : 0) | (isMask ? 2u : 0));
        return _registers.Count - 1;
    }

    /// <summary>Reads an array into a register; of what is read in a loop there is one value for each model.</summary>
    Operand Load(ArraySource source, bool isOfModels, bool inLoop)
    {
        var register = NewRegister(inLoop, isMask: false);
        if (isOfModels) Emit(OpCode.LoadModelArray, register, immediate: Slot(_modelArrays, source));
        else Emit(OpCode.LoadArray, register, immediate: Slot(_arrays, source));
        return Operand.Of(OperandKind.Register, register);
    }

    (Operand A, Operand B, Operand C) OperandsOf(Tensor node)
    {
        var tensors = node.Operands.Select(Value);
        var scalars = node.Kind == OpKind.RandomKeep ? [] : node.Scalars.Select(s => Value(s, node.PerModel));
        var all = (node.ScalarFirst ? scalars.Concat(tensors) : tensors.Concat(scalars)).ToArray();
        return (At(0), At(1), At(2));
        Operand At(int i) => i < all.Length ? all[i] : Operand.None;
    }

    uint ImmediateOf(Tensor node) => node.Kind switch
    {
        OpKind.KeepLargest => Slot(_cuts, node.Cuts[0]),
        OpKind.KeepBand => Slot(_cuts, node.Cuts[0]) | (Slot(_cuts, node.Cuts[1]) << 16),
        OpKind.RandomKeep => Slot(_densities, node.Scalars[0]),
        OpKind.RandomKeepAt => Slot(_densities, ElementDensity),
        OpKind.RoundTo => (uint)KernelDTypes.Of(node.RoundDType),
        _ => 0,
    };

    Operand Value(Tensor node) => Operand.Of(OperandKind.Register, _register[node]);

    Operand Value(Scalar scalar, bool inLoop)
    {
        if (scalar.Columns) return Load(new(scalar, null), scalar.PerModel, inLoop);
        if (scalar.Kind == ScalarKind.Constant)
            return Operand.Of(OperandKind.Literal, (int)Slot(_literals, (float)scalar.Value));
        return scalar.PerModel
            ? Operand.Of(OperandKind.ModelUniform, (int)Slot(_modelUniforms, scalar))
            : Operand.Of(OperandKind.Uniform, (int)Slot(_uniforms, scalar));
    }

    static uint Slot<T>(List<T> items, T item)
    {
        var index = items.IndexOf(item);
        if (index < 0)
        {
            index = items.Count;
            items.Add(item);
        }
        return (uint)index;
    }

    void Emit(
        OpCode op, int destination, Operand? a = null, Operand? b = null, Operand? c = null, uint immediate = 0) =>
        _code.Add(new(op, destination, a ?? Operand.None, b ?? Operand.None, c ?? Operand.None, immediate));

    static OpCode CodeOf(OpKind kind) => kind switch
    {
        OpKind.Base => OpCode.LoadSingle,
        OpKind.Models => OpCode.LoadModel,
        OpKind.Add => OpCode.Add,
        OpKind.Subtract => OpCode.Sub,
        OpKind.Multiply => OpCode.Mul,
        OpKind.Divide => OpCode.Div,
        OpKind.Minimum => OpCode.Min,
        OpKind.Maximum => OpCode.Max,
        OpKind.Absolute => OpCode.Abs,
        OpKind.Negate => OpCode.Neg,
        OpKind.SquareRoot => OpCode.Sqrt,
        OpKind.Exp => OpCode.Exp,
        OpKind.Log => OpCode.Log,
        OpKind.Tanh => OpCode.Tanh,
        OpKind.Less => OpCode.Less,
        OpKind.LessOrEqual => OpCode.LessEqual,
        OpKind.Equal => OpCode.Equal,
        OpKind.NotEqual => OpCode.NotEqual,
        OpKind.And => OpCode.And,
        OpKind.Or => OpCode.Or,
        OpKind.Not => OpCode.Not,
        OpKind.Select => OpCode.Select,
        OpKind.Sign => OpCode.Sign,
        OpKind.Agrees => OpCode.Agrees,
        OpKind.KeepLargest => OpCode.KeepLargest,
        OpKind.KeepBand => OpCode.KeepBand,
        OpKind.RandomKeep => OpCode.RandomKeep,
        OpKind.RandomKeepAt => OpCode.RandomKeepAt,
        OpKind.RoundTo => OpCode.RoundTo,
        OpKind.SumModels => OpCode.SumModels,
        OpKind.LargestMagnitude => OpCode.LargestModels,
        OpKind.LargestOfModels => OpCode.MaxModels,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "not an element operation"),
    };
}

using FastMerge.Backends;

namespace FastMerge.Testing.Reference;

/// <summary>Runs a program's instructions for one element, in plain binary32 arithmetic.</summary>
sealed class ElementState
{
    readonly ElementProgram _program;
    readonly ReferenceRun _run;
    readonly float[][] _registers;
    readonly int[] _sinkStart;
    readonly int _models;
    int _element;
    int _model = -1;

    /// <summary>Prepares a run; sink values are laid out as the C ABI says.</summary>
    public ElementState(ElementProgram program, ReferenceRun run)
    {
        (_program, _run, _models) = (program, run, Math.Max(run.Models, 1));
        _registers = [.. program.Registers.Select(kind => new float[(kind & 1) != 0 ? _models : 1])];
        Outputs = new float[program.Outputs];
        Magnitudes = new uint[program.Histograms.Count * _models];
        _sinkStart = new int[program.Reductions.Count];
        var sizes = SinkSizes();
        for (var i = 1; i < sizes.Length; i++) _sinkStart[i] = _sinkStart[i - 1] + sizes[i - 1];
        Terms = new double[sizes.Sum()];
        IsMaximum = [.. sizes.SelectMany((size, sink) => Enumerable.Repeat(
            program.Instructions.Any(i => i.Op == OpCode.ReduceMax && i.Immediate == sink), size))];
    }

    /// <summary>Whether each reduction value is the largest term, not the sum of terms.</summary>
    public bool[] IsMaximum { get; }

    /// <summary>What the element stores.</summary>
    public float[] Outputs { get; }

    /// <summary>What the element adds to each reduction value.</summary>
    public double[] Terms { get; }

    /// <summary>The magnitudes the element shows to each histogram entry.</summary>
    public uint[] Magnitudes { get; }

    /// <summary>Runs the program for an element of the chunk.</summary>
    public void Run(int element)
    {
        _element = element;
        var code = _program.Instructions;
        for (var i = 0; i < code.Count; i++)
        {
            if (code[i].Op != OpCode.ForModels)
            {
                Execute(code[i]);
                continue;
            }
            var end = i + 1;
            for (; code[end].Op != OpCode.EndModels; end++)
                if (code[end].Op.IsFold()) _registers[code[end].Destination][0] = FoldStart(code[end].Op);
            for (_model = 0; _model < _run.Models; _model++)
                for (var j = i + 1; j < end; j++) Execute(code[j]);
            _model = -1;
            i = end;
        }
    }

    int[] SinkSizes()
    {
        var sizes = new int[_program.Reductions.Count];
        var inLoop = false;
        foreach (var i in _program.Instructions)
        {
            inLoop = i.Op == OpCode.ForModels || (inLoop && i.Op != OpCode.EndModels);
            if (i.Op.IsReduction() && i.Op != OpCode.ReduceGram)
                sizes[i.Immediate] = inLoop ? _models : 1;
            else if (i.Op == OpCode.ReduceGram)
                sizes[i.Immediate] = _models * (_models + 1) / 2;
        }
        return sizes;
    }

    void Execute(Instruction i)
    {
        switch (i.Op)
        {
            case OpCode.Store:
                Outputs[i.Immediate] = Read(i.A);
                break;
            case OpCode.ReduceSum or OpCode.ReduceAbs or OpCode.ReduceDot or OpCode.ReduceMax:
                Terms[_sinkStart[i.Immediate] + Math.Max(_model, 0)] = Term(i);
                break;
            case OpCode.ReduceGram:
                WriteGram(_registers[i.A.Index], _sinkStart[i.Immediate]);
                break;
            case OpCode.Histogram:
                Magnitudes[Entry(i.Immediate)] = ReferenceSelection.Magnitude(Read(i.A));
                break;
            case OpCode.SumModels or OpCode.LargestModels or OpCode.MaxModels:
                ref var fold = ref _registers[i.Destination][0];
                fold = Fold(i.Op, fold, Read(i.A));
                break;
            default:
                var register = _registers[i.Destination];
                register[register.Length > 1 ? _model : 0] = Value(i);
                break;
        }
    }

    static float FoldStart(OpCode op) => op switch
    {
        OpCode.SumModels => -0.0f,
        OpCode.LargestModels => 0,
        _ => float.NegativeInfinity,
    };

    static float Fold(OpCode op, float fold, float next) => op switch
    {
        OpCode.SumModels => fold + next,
        OpCode.LargestModels =>
            ReferenceSelection.Magnitude(fold) > ReferenceSelection.Magnitude(next) ? fold : next,
        _ => float.IsNaN(fold) || fold >= next ? fold : next,
    };

    double Term(Instruction i) => i.Op switch
    {
        OpCode.ReduceSum or OpCode.ReduceMax => Read(i.A),
        OpCode.ReduceAbs => Math.Abs((double)Read(i.A)),
        _ => (double)Read(i.A) * Read(i.B),
    };

    void WriteGram(float[] values, int at)
    {
        for (var i = 0; i < values.Length; i++)
            for (var j = i; j < values.Length; j++) Terms[at++] = (double)values[i] * values[j];
    }

    int Entry(uint slot) => (int)slot * _models + Math.Max(_model, 0);

    float Read(Operand operand)
    {
        var uniforms = _run.UniformsOf(_element);
        switch (operand.Kind)
        {
            case OperandKind.Register:
                var register = _registers[operand.Index];
                return register[register.Length > 1 ? _model : 0];
            case OperandKind.Uniform:
                return _run.Uniforms[uniforms + operand.Index];
            case OperandKind.ModelUniform:
                return _run.Uniforms[uniforms + _program.Uniforms.Count + operand.Index * _models + _model];
            default:
                return _program.Literals[operand.Index];
        }
    }

    float Load(EncodedTensor input)
    {
        var value = input[_element];
        return _run.ZeroNonFinite && !float.IsFinite(value) ? 0 : value;
    }

    float Value(Instruction i)
    {
        float a = i.A.Exists ? Read(i.A) : 0, b = i.B.Exists ? Read(i.B) : 0, c = i.C.Exists ? Read(i.C) : 0;
        return i.Op switch
        {
            OpCode.LoadSingle => Load(_run.SingleInputs[(int)i.Immediate]),
            OpCode.LoadModel => Load(_run.ModelInputs[_model]),
            OpCode.LoadArray => _run.Arrays[(int)i.Immediate].At(_run.FirstElement, _element),
            OpCode.LoadModelArray => _run.Arrays[_program.Arrays.Count + (int)i.Immediate * _models + _model]
                .At(_run.FirstElement, _element),
            OpCode.Less => a < b ? 1 : 0,
            OpCode.LessEqual => a <= b ? 1 : 0,
            OpCode.Equal => a == b ? 1 : 0,
            OpCode.NotEqual => a != b ? 1 : 0,
            OpCode.And => a != 0 && b != 0 ? 1 : 0,
            OpCode.Or => a != 0 || b != 0 ? 1 : 0,
            OpCode.Not => a != 0 ? 0 : 1,
            OpCode.Select => a != 0 ? b : c,
            OpCode.Agrees => (b < 0 ? -a : a) > 0 ? 1 : 0,
            OpCode.KeepLargest => IsWithin(i.Immediate, a) ? a : 0,
            OpCode.KeepBand => IsWithin(i.Immediate & 0xffff, a) && !IsWithin(i.Immediate >> 16, a) ? a : 0,
            OpCode.RandomKeep => IsKept(_run.Randoms[Entry(i.Immediate)]) ? a : 0,
            OpCode.RandomKeepAt => Philox.Keeps(WordOf(_run.Randoms[Entry(i.Immediate)]), b) ? a : 0,
            OpCode.RoundTo => ScalarCodec.Round((KernelDType)i.Immediate, a),
            _ => Arithmetic(i.Op, a, b),
        };
    }

    static float Arithmetic(OpCode op, float a, float b) => op switch
    {
        OpCode.Move => a,
        OpCode.Add => a + b,
        OpCode.Sub => a - b,
        OpCode.Mul => a * b,
        OpCode.Div => a / b,
        OpCode.Min => b < a ? b : a,
        OpCode.Max => a < b ? b : a,
        OpCode.Abs => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) & 0x7fffffff),
        OpCode.Neg => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) ^ 0x80000000),
        OpCode.Sqrt => MathF.Sqrt(a),
        OpCode.Sign => a >= 0 ? 1 : -1,
        OpCode.Exp => ReferenceFunctions.Exp(a),
        OpCode.Log => ReferenceFunctions.Log(a),
        OpCode.Tanh => ReferenceFunctions.Tanh(a),
        _ => throw new ArgumentOutOfRangeException(nameof(op), op, "unknown operation"),
    };

    bool IsWithin(uint slot, float value) =>
        ReferenceSelection.IsWithin(_run.Cuts[Entry(slot)], value, _run.FirstElement + _element);

    bool IsKept(RandomMask random) => WordOf(random) >= random.Drop;

    uint WordOf(RandomMask random) =>
        Philox.Word(random.Seed, random.Stream, random.Model, _run.FirstElement + _element);
}

using System.Globalization;
using System.Text;

namespace FastMerge.Backends;

/// <summary>What the text of instructions needs to know of where values live.</summary>
abstract class KernelText(ElementProgram program)
{
    /// <summary>The program being written.</summary>
    protected ElementProgram Program { get; } = program;

    /// <summary>The text so far.</summary>
    protected StringBuilder Text { get; } = new();

    /// <summary>The name of a dtype in the primitives: the T of fm_dec_T.</summary>
    public static string Tag(KernelDType dtype) => dtype switch
    {
        KernelDType.F32 => "f32",
        KernelDType.F16 => "f16",
        KernelDType.BF16 => "bf16",
        KernelDType.F64 => "f64",
        KernelDType.F8E4M3 => "e4m3",
        _ => "e5m2",
    };

    /// <summary>Appends one line.</summary>
    protected void Line(string line) => Text.Append(line).Append('\n');

    /// <summary>The expression that reads an operand.</summary>
    protected abstract string Read(Operand operand);

    /// <summary>The threshold of a cut for the current model.</summary>
    protected abstract string CutOf(uint slot);

    /// <summary>The element of a random mask for the current model.</summary>
    protected abstract string MaskOf(uint slot);

    /// <summary>The element of an array; of a model array that of the current model.</summary>
    protected abstract string ArrayOf(uint slot, bool isOfModels);

    /// <summary>What a fold over no models gives.</summary>
    protected static string FoldStart(OpCode op) => op switch
    {
        OpCode.SumModels => "-0.0f",
        OpCode.LargestModels => "0.0f",
        _ => "-FM_BITS_F32(0x7f800000u)",
    };

    /// <summary>A fold over the models so far joined with the next model's value.</summary>
    protected static string Fold(OpCode op, string fold, string next) => op switch
    {
        OpCode.SumModels => $"{fold} + {next}",
        OpCode.LargestModels => $"fm_larger_magnitude({fold}, {next})",
        _ => $"fm_larger_or_nan({fold}, {next})",
    };

    /// <summary>The exact decimal-free spelling of a constant.</summary>
    protected string Literal(int index)
    {
        var value = Program.Literals[index];
        return value == Math.Floor(value) && Math.Abs(value) < 1e6
            ? value.ToString("F1", CultureInfo.InvariantCulture) + "f"
            : $"FM_BITS_F32(0x{BitConverter.SingleToUInt32Bits(value):x8}u)";
    }

    /// <summary>Whether a register holds a mask.</summary>
    protected bool IsMask(int register) => (Program.Registers[register] & 2) != 0;

    /// <summary>Whether a register has a value for each model.</summary>
    protected bool IsPerModel(int register) => (Program.Registers[register] & 1) != 0;

    /// <summary>The registers that sinks read, in the order of a kernel's outputs.</summary>
    protected IReadOnlyList<int> SinkRegisters { get; } =
        [.. program.Instructions.Where(i => i.Op.IsSink()).SelectMany(i => new[] { i.A, i.B })
            .Where(o => o is { Exists: true, Kind: OperandKind.Register }).Select(o => o.Index).Distinct()];

    /// <summary>The value an instruction computes; not for loads, folds and stores.</summary>
    protected string Expression(Instruction i)
    {
        string a = i.A.Exists ? Read(i.A) : "", b = i.B.Exists ? Read(i.B) : "", c = i.C.Exists ? Read(i.C) : "";
        return i.Op switch
        {
            OpCode.Move => a,
            OpCode.Add => $"{a} + {b}",
            OpCode.Sub => $"{a} - {b}",
            OpCode.Mul => $"{a} * {b}",
            OpCode.Div => $"{a} / {b}",
            OpCode.Min => $"fm_min({a}, {b})",
            OpCode.Max => $"fm_max({a}, {b})",
            OpCode.Abs => $"fm_abs({a})",
            OpCode.Neg => $"fm_neg({a})",
            OpCode.Sqrt => $"fm_sqrt({a})",
            OpCode.Exp => $"fm_exp({a})",
            OpCode.Log => $"fm_log({a})",
            OpCode.Tanh => $"fm_tanh({a})",
            OpCode.LoadArray => ArrayOf(i.Immediate, isOfModels: false),
            OpCode.LoadModelArray => ArrayOf(i.Immediate, isOfModels: true),
            OpCode.Less => $"{a} < {b}",
            OpCode.LessEqual => $"{a} <= {b}",
            OpCode.Equal => $"{a} == {b}",
            OpCode.NotEqual => $"{a} != {b}",
            OpCode.And => $"fm_and({a}, {b})",
            OpCode.Or => $"fm_or({a}, {b})",
            OpCode.Not => $"!{a}",
            OpCode.Select => $"fm_choose({a}, {b}, {c})",
            OpCode.Sign => $"fm_sign({a})",
            OpCode.Agrees => $"fm_agrees({a}, {b})",
            OpCode.KeepLargest => $"fm_keep_largest({a}, {CutOf(i.Immediate)})",
            OpCode.KeepBand => $"fm_keep_band({a}, {CutOf(i.Immediate & 0xffff)}, {CutOf(i.Immediate >> 16)})",
            OpCode.RandomKeep => $"fm_keep_random({a}, {MaskOf(i.Immediate)})",
            OpCode.RandomKeepAt => $"fm_keep_at_random({a}, {b}, {MaskOf(i.Immediate)})",
            OpCode.RoundTo => $"fm_dec_{Tag((KernelDType)i.Immediate)}(fm_enc_{Tag((KernelDType)i.Immediate)}({a}))",
            _ => throw new InvalidOperationException($"{i.Op} is not an expression"),
        };
    }
}

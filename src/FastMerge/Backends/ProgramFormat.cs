namespace FastMerge.Backends;

/// <summary>Operation codes of an element program; the values are the C ABI's.</summary>
enum OpCode : uint
{
    ForModels = 1, EndModels = 2, LoadSingle = 3, LoadModel = 4, Move = 5,
    LoadArray = 6, LoadModelArray = 7,
    Add = 10, Sub = 11, Mul = 12, Div = 13, Min = 14, Max = 15, Abs = 16, Neg = 17, Sqrt = 18,
    Exp = 19, Log = 20, Tanh = 21,
    Less = 30, LessEqual = 31, Equal = 32, NotEqual = 33, And = 34, Or = 35, Not = 36, Select = 37,
    Sign = 40, Agrees = 41, KeepLargest = 42, KeepBand = 43, RandomKeep = 44, RoundTo = 45,
    RandomKeepAt = 46, SumModels = 50, LargestModels = 51, MaxModels = 52,
    Store = 60, ReduceSum = 61, ReduceAbs = 62, ReduceDot = 63, ReduceGram = 64,
    Histogram = 65, ReduceMax = 66,
}

/// <summary>What operation codes have in common.</summary>
static class OpCodes
{
    /// <summary>Whether an operation makes one value of the models' values.</summary>
    public static bool IsFold(this OpCode op) => op is OpCode.SumModels or OpCode.LargestModels or OpCode.MaxModels;

    /// <summary>Whether an operation feeds a sink.</summary>
    public static bool IsSink(this OpCode op) => op.IsReduction() || op == OpCode.Histogram;

    /// <summary>Whether an operation feeds a reduction sink.</summary>
    public static bool IsReduction(this OpCode op) =>
        op is OpCode.ReduceSum or OpCode.ReduceAbs or OpCode.ReduceDot or OpCode.ReduceGram or OpCode.ReduceMax;
}

/// <summary>Where an operand's value is.</summary>
enum OperandKind : uint { Register = 0, Uniform = 1, ModelUniform = 2, Literal = 3 }

/// <summary>An operand word: kind in the high byte, index below it.</summary>
readonly record struct Operand(uint Word)
{
    /// <summary>No operand.</summary>
    public static Operand None => new(0xffffffff);

    /// <summary>The operand of a kind and index.</summary>
    public static Operand Of(OperandKind kind, int index) => new(((uint)kind << 24) | (uint)index);

    /// <summary>Where the value is.</summary>
    public OperandKind Kind => (OperandKind)(Word >> 24);

    /// <summary>Which register, uniform or literal.</summary>
    public int Index => (int)(Word & 0xffffff);

    /// <summary>Whether there is an operand.</summary>
    public bool Exists => Word != 0xffffffff;
}

/// <summary>One instruction of an element program.</summary>
readonly record struct Instruction(OpCode Op, int Destination, Operand A, Operand B, Operand C, uint Immediate);

/// <summary>Codes of the dtypes that kernels decode and encode; the values are the C ABI's.</summary>
enum KernelDType { F32 = 0, F16 = 1, BF16 = 2, F64 = 3, F8E4M3 = 4, F8E5M2 = 5 }

/// <summary>Conversion between storage and kernel dtypes.</summary>
static class KernelDTypes
{
    /// <summary>The kernel's code of a computable dtype.</summary>
    public static KernelDType Of(Core.DType dtype) => dtype switch
    {
        Core.DType.F32 => KernelDType.F32,
        Core.DType.F16 => KernelDType.F16,
        Core.DType.BF16 => KernelDType.BF16,
        Core.DType.F64 => KernelDType.F64,
        Core.DType.F8_E4M3 => KernelDType.F8E4M3,
        Core.DType.F8_E5M2 => KernelDType.F8E5M2,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not a computable dtype"),
    };
}

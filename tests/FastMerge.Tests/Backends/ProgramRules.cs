using FastMerge.Backends;

namespace FastMerge.Tests.Backends;

/// <summary>What a well-formed element program obeys, by the rules of the C ABI.</summary>
sealed class ProgramRules
{
    readonly ElementProgram _program;
    readonly HashSet<int> _written = [];
    bool _inLoop;

    ProgramRules(ElementProgram program) => _program = program;

    /// <summary>Fails if a program breaks a rule.</summary>
    public static void Check(ElementProgram program)
    {
        var rules = new ProgramRules(program);
        foreach (var instruction in program.Instructions) rules.Check(instruction);
        Assert.False(rules._inLoop, "a loop is not closed");
        Assert.Equal(program.Registers.Count, rules._written.Count);
        var stores = program.Instructions.Count(i => i.Op == OpCode.Store);
        Assert.Equal(program.Outputs, stores);
        Sinks(program, OpCodes.IsReduction, program.Reductions.Count);
        Sinks(program, op => op == OpCode.Histogram, program.Histograms.Count);
    }

    static void Sinks(ElementProgram program, Func<OpCode, bool> feeds, int count) => Assert.Equal(
        Enumerable.Range(0, count).Select(i => (uint)i),
        program.Instructions.Where(i => feeds(i.Op)).Select(i => i.Immediate).Order());

    void Check(Instruction i)
    {
        if (i.Op is OpCode.ForModels or OpCode.EndModels)
        {
            Assert.Equal(i.Op == OpCode.EndModels, _inLoop);
            _inLoop = !_inLoop;
            return;
        }
        foreach (var operand in new[] { i.A, i.B, i.C }.Where(o => o.Exists)) CheckOperand(operand, i.Op);
        if (i.Op is OpCode.LoadModel or OpCode.LoadModelArray || i.Op.IsFold())
            Assert.True(_inLoop, $"{i.Op} outside a loop");
        if (i.Op is OpCode.Store or OpCode.ReduceGram) Assert.False(_inLoop, $"{i.Op} in a loop");
        if (i.Op >= OpCode.Store) return;
        Assert.True(_written.Add(i.Destination), $"register {i.Destination} is written twice");
        var kind = _program.Registers[i.Destination];
        Assert.Equal(_inLoop && !i.Op.IsFold(), (kind & 1) != 0);
        var yieldsMask = i.Op is (>= OpCode.Less and <= OpCode.Not) or OpCode.Agrees;
        Assert.Equal(yieldsMask, (kind & 2) != 0);
    }

    void CheckOperand(Operand operand, OpCode op)
    {
        var size = operand.Kind switch
        {
            OperandKind.Register => _program.Registers.Count,
            OperandKind.Uniform => _program.Uniforms.Count,
            OperandKind.ModelUniform => _program.ModelUniforms.Count,
            _ => _program.Literals.Count,
        };
        Assert.InRange(operand.Index, 0, size - 1);
        if (operand.Kind == OperandKind.ModelUniform) Assert.True(_inLoop, "a model uniform outside a loop");
        if (operand.Kind != OperandKind.Register) return;
        Assert.Contains(operand.Index, _written);
        if ((_program.Registers[operand.Index] & 1) != 0 && op != OpCode.ReduceGram)
            Assert.True(_inLoop, $"{op} reads a value of each model outside a loop");
    }
}

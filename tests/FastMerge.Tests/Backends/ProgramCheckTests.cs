using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Interop;
using FastMerge.Primitives;

namespace FastMerge.Tests.Backends;

/// <summary>The native library checks programs before it runs them.</summary>
public class ProgramCheckTests
{
    [Fact]
    public void Random_damage_is_refused_or_harmless()
    {
        var words = ProgramWriter.Map(new RandomExpressions(11).Single(), null).ToWords();
        var random = new Random(5);
        var refused = 0;
        for (var i = 0; i < 20000; i++)
        {
            var damaged = (uint[])words.Clone();
            for (var j = random.Next(3); j >= 0; j--)
                damaged[random.Next(damaged.Length)] = random.Next(3) switch
                {
                    0 => (uint)random.Next(70),
                    1 => (uint)random.NextInt64(1L << 32),
                    _ => 1u << random.Next(32),
                };
            if (Create(damaged[..(random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length)]) != 0) refused++;
        }
        Assert.InRange(refused, 10000, 20000);
    }

    [Fact]
    public void Breaking_one_rule_is_refused()
    {
        var program = ProgramWriter.Map(Ops.Sum(Tensor.Models() * 0.5) + Tensor.Base(), null);
        Assert.Equal(0, Create(program.ToWords()));
        AssertRefused(program with { Instructions = [.. program.Instructions.Skip(1)] });
        AssertRefused(program with { Literals = [] });
        AssertRefused(program with { ReadsBase = false });
        AssertRefused(program with { ReadsModels = false });
        AssertRefused(program with { Registers = [.. program.Registers.Select(_ => 0u)] });
        AssertRefused(program with { Registers = [.. program.Registers.Skip(1)] });
        AssertRefused(program with { Outputs = 0 });
        var unknown = new Instruction((OpCode)99, 0, Operand.None, Operand.None, Operand.None, 0);
        AssertRefused(program with { Instructions = [.. program.Instructions, unknown] });
        AssertRefused(program with { Instructions = [.. program.Instructions.Where(i => i.Op != OpCode.LoadModel)] });
    }

    [Fact]
    public void The_message_says_what_is_wrong()
    {
        var program = ProgramWriter.Map(Tensor.Base() * 2.0, null) with { Literals = [] };
        var failure = Assert.Throws<FastMergeException>(() => new CompiledProgram(program));
        Assert.Contains("element program", failure.Message, StringComparison.Ordinal);
    }

    static void AssertRefused(ElementProgram program) =>
        Assert.Equal((int)NativeStatus.InvalidArgument, Create(program.ToWords()));

    static unsafe int Create(uint[] words)
    {
        NativeError error;
        fixed (uint* data = words)
        {
            var status = NativeMethods.ProgramCreate(data, words.Length, out var program, &error);
            if (status == 0) NativeMethods.ProgramDestroy(program);
            return status;
        }
    }
}

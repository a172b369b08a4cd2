using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Tests.Backends;

/// <summary>The words of a program: generated kernels are found by their hash, so they must not drift.</summary>
public class ElementProgramTests
{
    [Fact]
    public void A_program_has_the_words_of_the_ABI()
    {
        uint none = 0xffffffff, first = 0;
        Assert.Equal(
            [
                0x31504d46, 1, 6, 3, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, // head
                1, 1, 0, // registers: model, product, sum
                0x3f000000, // 0.5
                1, 0, none, none, none, 0,
                4, 0, none, none, none, 0,
                12, 1, first, 0x03000000, none, 0,
                50, 2, 1, none, none, 0,
                2, 0, none, none, none, 0,
                60, 0, 2, none, none, 0,
            ],
            HalvedSum.ToWords());
    }

    [Fact]
    public void The_hash_is_FNV_1a_over_little_endian_bytes()
    {
        var hash = 14695981039346656037;
        foreach (var b in HalvedSum.ToWords().SelectMany(BitConverter.GetBytes))
            hash = unchecked((hash ^ b) * 1099511628211);
        Assert.Equal(hash, HalvedSum.Hash());
    }

    [Fact]
    public void Equal_expressions_have_equal_hashes_and_others_do_not()
    {
        Assert.Equal(HalvedSum.Hash(), HalvedSum.Hash());
        var others = new[]
        {
            ProgramWriter.Map(Ops.Sum(Tensor.Models() * 0.25), null),
            ProgramWriter.Map(Ops.Sum(Tensor.Models() / 0.5), null),
            ProgramWriter.Map(Ops.Sum(Tensor.Models() * 0.5), DType.BF16),
            ProgramWriter.Map(Ops.Sum(Tensor.Models() * 0.5), DType.F16),
        };
        Assert.Equal(5, others.Append(HalvedSum).Select(p => p.Hash()).Distinct().Count());
    }

    [Fact]
    public void Operands_tell_kind_and_index()
    {
        var operand = Operand.Of(OperandKind.ModelUniform, 7);
        Assert.Equal(
            (0x02000007u, OperandKind.ModelUniform, 7, true),
            (operand.Word, operand.Kind, operand.Index, operand.Exists));
        Assert.False(Operand.None.Exists);
    }

    [Fact]
    public void Only_computable_dtypes_have_a_kernel_code()
    {
        foreach (var dtype in Enum.GetValues<DType>())
        {
            if (dtype.IsComputable()) KernelDTypes.Of(dtype);
            else Assert.Throws<ArgumentOutOfRangeException>(() => KernelDTypes.Of(dtype));
        }
        var computable = Enum.GetValues<DType>().Where(d => d.IsComputable());
        Assert.Equal(6, computable.Select(KernelDTypes.Of).Distinct().Count());
    }

    static ElementProgram HalvedSum => ProgramWriter.Map(Ops.Sum(Tensor.Models() * 0.5), null);
}

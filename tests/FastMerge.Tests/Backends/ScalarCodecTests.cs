using FastMerge.Backends;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>The oracle's own conversions, against the base library where it has the type.</summary>
public class ScalarCodecTests
{
    [Theory]
    [InlineData((int)KernelDType.F16, 1 << 16)]
    [InlineData((int)KernelDType.BF16, 1 << 16)]
    [InlineData((int)KernelDType.F8E4M3, 1 << 8)]
    [InlineData((int)KernelDType.F8E5M2, 1 << 8)]
    public void Every_code_but_NaN_survives_decode_and_encode(int dtype, int codes)
    {
        var element = new byte[8];
        for (var code = 0; code < codes; code++)
        {
            BitConverter.TryWriteBytes(element, code);
            var value = ScalarCodec.Decode((KernelDType)dtype, element);
            if (float.IsNaN(value)) continue;
            var stored = new byte[8];
            ScalarCodec.Encode((KernelDType)dtype, value, stored);
            Assert.Equal(code, BitConverter.ToInt32(stored));
        }
    }

    [Fact]
    public void Binary16_agrees_with_Half()
    {
        var random = new Random(1);
        for (var i = 0; i < 20000; i++)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32));
            if (i % 2 == 0) value = (float)((random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-30, 20)));
            var expected = (Half)value;
            var stored = EncodedTensor.Of(KernelDType.F16, value);
            if (float.IsNaN(value)) Assert.Equal([0x00, 0x7e], stored.Bytes);
            else Assert.Equal(BitConverter.GetBytes(expected), stored.Bytes);
            if (!float.IsNaN(value)) Assert.Equal((float)expected, stored[0]);
        }
    }

    [Fact]
    public void Binary64_narrows_as_the_processor_does()
    {
        var random = new Random(2);
        for (var i = 0; i < 20000; i++)
        {
            var value = BitConverter.UInt64BitsToDouble((ulong)random.NextInt64());
            if (i % 2 == 0) value = (random.NextDouble() - 0.5) * Math.Pow(2, random.Next(-160, 135));
            var decoded = ScalarCodec.Decode(KernelDType.F64, BitConverter.GetBytes(value));
            Assert.Equal((float)value, decoded);
        }
    }

    [Theory]
    [InlineData((int)KernelDType.BF16, 1f + 1f / 256, 0x3f80u)] // half way, down to even
    [InlineData((int)KernelDType.BF16, 1f + 3f / 256, 0x3f82u)] // half way, up to even
    [InlineData((int)KernelDType.BF16, 3.4e38f, 0x7f80u)]
    [InlineData((int)KernelDType.BF16, -1e-40f, 0x8001u)]
    [InlineData((int)KernelDType.BF16, float.NaN, 0x7fc0u)]
    [InlineData((int)KernelDType.F16, 65519f, 0x7bffu)]
    [InlineData((int)KernelDType.F16, 65520f, 0x7c00u)]
    [InlineData((int)KernelDType.F16, -5.9604645e-8f, 0x8001u)]
    [InlineData((int)KernelDType.F8E4M3, 448f, 0x7eu)]
    [InlineData((int)KernelDType.F8E4M3, 464f, 0x7eu)] // half way between 448 and what is not there
    [InlineData((int)KernelDType.F8E4M3, 465f, 0x7fu)]
    [InlineData((int)KernelDType.F8E4M3, float.NegativeInfinity, 0x7fu)]
    [InlineData((int)KernelDType.F8E4M3, 0.001953125f, 0x01u)]
    [InlineData((int)KernelDType.F8E4M3, -1.75f, 0xbeu)]
    [InlineData((int)KernelDType.F8E5M2, 57344f, 0x7bu)]
    [InlineData((int)KernelDType.F8E5M2, 61440f, 0x7cu)]
    [InlineData((int)KernelDType.F8E5M2, -1.5f, 0xbeu)]
    [InlineData((int)KernelDType.F8E5M2, float.NaN, 0x7eu)]
    public void Encodes_to_the_code(int dtype, float value, uint code)
    {
        var element = new byte[8];
        ScalarCodec.Encode((KernelDType)dtype, value, element);
        Assert.Equal(code, BitConverter.ToUInt32(element));
    }

    [Fact]
    public void Binary64_output_is_exact_and_has_one_NaN()
    {
        Assert.Equal(BitConverter.GetBytes(0x7ff8000000000000), EncodedTensor.Of(KernelDType.F64, float.NaN).Bytes);
        Assert.Equal(BitConverter.GetBytes((double)0.1f), EncodedTensor.Of(KernelDType.F64, 0.1f).Bytes);
        Assert.Equal(BitConverter.GetBytes(0x7fc00000), EncodedTensor.Of(KernelDType.F32, -float.NaN).Bytes);
    }
}

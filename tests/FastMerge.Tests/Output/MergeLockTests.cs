using System.Text;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;

namespace FastMerge.Tests.Output;

public class MergeLockTests
{
    static readonly MergeLock Sample = OutputScenario.Lock with
    {
        Plan = 0xabc, Seed = ulong.MaxValue,
        Outputs = [new("model.safetensors", 1L << 60, UInt128.MaxValue, "ef"), new("a", 0, 1)],
    };

    [Fact]
    public void ALock_ReadsBackAsWritten()
    {
        var content = MergeLockJson.Write(Sample, OutputScenario.Hasher);
        Assert.Equal((byte)'\n', content[^1]);
        Assert.Equal(content, MergeLockJson.Write(Read(content), OutputScenario.Hasher));
        Assert.Equal(Sample.Recipe, Read(content).Recipe);
        Assert.Equal(Sample.Outputs, Read(content).Outputs.AsEnumerable());
        Assert.Equal(Sample.Inputs, Read(content).Inputs.AsEnumerable());
        Assert.Equal((Sample.Seed, Sample.Plan), (Read(content).Seed, Read(content).Plan));
    }

    [Theory]
    [InlineData("\"model.safetensors\", ", "\"../model.safetensors\", ")]
    [InlineData("\"file\": \"a\"", "\"file\": \"/etc/passwd\"")]
    [InlineData("\"file\": \"a\"", "\"file\": \"..\"")]
    [InlineData("\"file\": \"a\"", "\"file\": \"\"")]
    [InlineData("\"file\": \"a\"", "\"file\": \"a\\u0000\"")]
    [InlineData("\"file\": \"a\"", "\"file\": \"\\ud800\"")]
    [InlineData("\"file\": \"a\"", "\"file\": 3")]
    [InlineData("\"file\": \"a\"", "\"file\": \"a\", \"file\": \"b\"")]
    [InlineData("\"file\": \"a\"", "\"file\": \"model.safetensors\"")]
    [InlineData("\"size\": 0", "\"size\": -1")]
    [InlineData("\"size\": 0", "\"size\": 1e99")]
    [InlineData("\"format\": 1", "\"format\": 2")]
    [InlineData("\"seed\": 18446744073709551615", "\"seed\": 18446744073709551616")]
    [InlineData("00000abc", "00000abg")]
    [InlineData("\"outputs\": [", "\"outputs\": {}, \"x\": [")]
    [InlineData("\"outputs\": [", "\"outputs\": [[[[[[[[[[]]]]]]]]], ")]
    [InlineData("{\n", "[\n")]
    [InlineData("\"recipe\"", "\"receipt\"")]
    public void AHostileLock_IsRefusedInOneLine(string from, string to)
    {
        var text = Encoding.UTF8.GetString(MergeLockJson.Write(Sample, OutputScenario.Hasher))
            .Replace("\"model.safetensors\",\n", "\"model.safetensors\", \n");
        Assert.Contains(from, text);
        OutputScenario.Fails(FailureKind.Usage, () => Read(Encoding.UTF8.GetBytes(text.Replace(from, to))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\u00ff\u00fe")]
    public void WhatIsNoLock_IsRefusedInOneLine(string text) =>
        OutputScenario.Fails(FailureKind.Usage, () => Read(Encoding.Latin1.GetBytes(text)));

    static MergeLock Read(byte[] content) => MergeLockJson.Read(content, "/x/fastmerge.lock.json", FailureKind.Usage);
}

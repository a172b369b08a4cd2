using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Whatever the bytes: a header is read, or it is a wrong input. Nothing else may come out.</summary>
public sealed class HeaderFuzzTests
{
    static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-1", "1e3", "0",
            "18446744073709551615", "18446744073709551616", "9223372036854775807", "\"dtype\"", "\"F32\"", "\"F4\"",
            "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "[0,0]", "[0,16]", "{}", " ", "\n", "\0", "[[[[[[[[",
        }.Select(token => System.Text.Encoding.UTF8.GetBytes(token)),
        [0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80],
    ];

    static byte[] GoodFile(Random random)
    {
        var dtypes = Enum.GetValues<DType>().Where(dtype => dtype.Bits() >= 8).ToArray();
        var tensors = Enumerable.Range(0, random.Next(4)).Select(i => new TensorSpec(
            $"layer.{i}", dtypes[random.Next(dtypes.Length)], [random.Next(3), random.Next(1, 4)]));
        return TestFolder.FileBytes(SafetensorsHeaderWriter.Write(
            tensors, new Dictionary<string, string> { ["format"] = "pt" }));
    }

    static byte[] Mutate(byte[] bytes, Random random)
    {
        var list = bytes.ToList();
        for (var n = random.Next(1, 4); n > 0 && list.Count > 0; n--)
        {
            var at = random.Next(list.Count);
            switch (random.Next(5))
            {
                case 0: list[at] = (byte)random.Next(256); break;
                case 1: list.RemoveRange(at, random.Next(Math.Min(8, list.Count - at) + 1)); break;
                case 2: list.InsertRange(at, Tokens[random.Next(Tokens.Length)]); break;
                case 3: list[at] = (byte)('0' + random.Next(10)); break;
                default: list.InsertRange(at, list.GetRange(0, random.Next(Math.Min(64, list.Count)))); break;
            }
        }
        return [.. list];
    }

    /// <summary>Sets the length so that mutations of the text reach the parser.</summary>
    static void FixLength(byte[] bytes, int dataBytes)
    {
        if (bytes.Length < 8 + dataBytes) return;
        BitConverter.TryWriteBytes(bytes, (long)(bytes.Length - 8 - dataBytes));
    }

    [Fact]
    public void MutatedFiles_AreReadOrRejected()
    {
        var random = new Random(20240817);
        var (accepted, rejected) = (0, 0);
        for (var i = 0; i < 3000; i++)
        {
            var good = GoodFile(random);
            var bytes = Mutate(good, random);
            var data = good.Length - 8 - (int)BitConverter.ToInt64(good);
            if (i % 4 != 0) FixLength(bytes, data);
            if (IsRead(bytes)) accepted++;
            else rejected++;
        }
        Assert.True(accepted > 50 && rejected > 1000, $"{accepted} accepted, {rejected} rejected");
    }

    [Fact]
    public void MutatedIndexes_AreReadOrRejected()
    {
        var random = new Random(7);
        var good = """{"metadata":{"total_size":4},"weight_map":{"x":"a.safetensors"}}"""u8.ToArray();
        for (var i = 0; i < 1000; i++)
        {
            try
            {
                Assert.All(ShardIndex.Parse(Mutate(good, random), "index").FileNames, IsInside);
            }
            catch (FastMergeException e) when (e.Kind == FailureKind.Input)
            {
                Assert.StartsWith("index", e.Message, StringComparison.Ordinal);
            }
        }
    }

    static void IsInside(string fileName) =>
        Assert.StartsWith("/folder/", Path.GetFullPath(fileName, "/folder"), StringComparison.Ordinal);

    [Fact]
    public void MutatedConfigurations_AreReadOrRejectedAndStayEditable()
    {
        var random = new Random(11);
        var good = """{"dtype":"float32","torch_dtype":null,"a":[1,{"b":"\u00e9"}],"text_config":{"vocab_size":3}}"""u8;
        for (var i = 0; i < 2000; i++)
        {
            var text = Mutate(good.ToArray(), random);
            try
            {
                var editor = new ConfigEditor(text, "config.json");
                editor.SetDType(DType.BF16);
                editor.SetVocabSize(5);
                editor.Set("added", "1");
                editor.Remove("a");
                JsonText.ParseObject(editor.ToBytes(), "edited");
            }
            catch (FastMergeException e) when (e.Kind == FailureKind.Input)
            {
                Assert.StartsWith("config.json", e.Message, StringComparison.Ordinal);
            }
        }
    }

    static bool IsRead(byte[] bytes)
    {
        try
        {
            var header = SafetensorsHeader.Read(new MemoryFile(bytes), "x");
            Assert.Equal(bytes.Length, header.DataOffset + header.DataBytes);
            Assert.All(header.Tensors, t => Assert.Equal(t.Spec.ByteCount, t.End - t.Begin));
            return true;
        }
        catch (FastMergeException e) when (e.Kind == FailureKind.Input)
        {
            return false;
        }
    }
}

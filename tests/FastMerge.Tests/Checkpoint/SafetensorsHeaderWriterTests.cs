using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FsCheck;
using FsCheck.Fluent;

namespace FastMerge.Tests.Checkpoint;

public sealed class SafetensorsHeaderWriterTests
{
    static string Text(WrittenHeader header) => Encoding.UTF8.GetString(header.Bytes.AsSpan(8));

    [Fact]
    public void OneTensor_HasTheReferenceBytes()
    {
        var header = SafetensorsHeaderWriter.Write([new TensorSpec("test", DType.I32, [2, 2])]);
        Assert.Equal(
            """{"test":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}}    """, Text(header));
        Assert.Equal(64, BitConverter.ToInt64(header.Bytes));
        Assert.Equal(8 + 64 + 16, header.FileLength);
    }

    [Fact]
    public void Nothing_IsAnEmptyObject()
    {
        Assert.Equal("{}      ", Text(SafetensorsHeaderWriter.Write([])));
    }

    [Fact]
    public void Metadata_ComesFirstWithSortedKeys()
    {
        var metadata = new Dictionary<string, string> { ["z"] = "1", ["format"] = "pt", ["a"] = "\"\\\n\u0001é" };
        var text = Text(SafetensorsHeaderWriter.Write([TestFolder.F32("t")], metadata));
        Assert.StartsWith(
            """{"__metadata__":{"a":"\"\\\n\u0001é","format":"pt","z":"1"},"t":{"dtype":"F32","shape":[],""",
            text, StringComparison.Ordinal);
        Assert.Equal(0, Encoding.UTF8.GetByteCount(text) % 8);
    }

    [Fact]
    public void Order_IsDtypeDescendingThenUtf8Name()
    {
        TensorSpec[] tensors =
        [
            new("b", DType.U8, [1]), new("\ue000", DType.F32, []), new("\U0001f600", DType.F32, []),
            new("a", DType.F32, []), new("c", DType.BF16, []), new("ab", DType.F32, []), new("z", DType.U64, []),
        ];
        Assert.Equal(
            ["z", "a", "ab", "\ue000", "\U0001f600", "c", "b"],
            SafetensorsHeaderWriter.Order(tensors).Select(t => t.Name));
    }

    [Fact]
    public void AnyTensors_ComeBackFromTheParser()
    {
        var dtypes = Enum.GetValues<DType>().Where(dtype => dtype.Bits() >= 8).ToArray();
        var spec = from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
                   from dtype in Gen.Elements(dtypes)
                   from shape in Gen.ListOf(Gen.Choose(0, 5).Select(d => (long)d))
                   select new TensorSpec(Clean(name.Get), dtype, [.. shape.Take(6)]);
        var tensors = Gen.ListOf(spec).Select(list => list.DistinctBy(t => t.Name).ToArray()).ToArbitrary();
        Prop.ForAll(tensors, RoundTrips).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    static string Clean(string name) => new([.. name.Where(c => c != '\0' && !char.IsSurrogate(c))]);

    static bool RoundTrips(TensorSpec[] tensors)
    {
        var written = SafetensorsHeaderWriter.Write(tensors, new Dictionary<string, string> { ["format"] = "pt" });
        var read = SafetensorsHeader.Parse(written.Bytes, written.FileLength, "x");
        return written.Bytes.Length % 8 == 0
            && read.Metadata["format"] == "pt"
            && read.DataOffset == written.Bytes.Length
            && Describe(read.Tensors).SetEquals(Describe(written.Tensors))
            && read.Tensors.Count == tensors.Length;
    }

    static HashSet<string> Describe(IEnumerable<TensorRange> tensors) =>
        [.. tensors.Select(t => $"{t.Spec.Name} {t.Spec.DType} {t.Spec.ShapeText} {t.Begin} {t.End}")];
}

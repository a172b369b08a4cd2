using FastMerge.Core;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Comparison;

/// <summary>Two models side by side: numbers by hand, verdicts, and the same bits however they are read.</summary>
public sealed class DiffTests : IDisposable
{
    readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Numbers_AreThoseOfTheValues()
    {
        Write("a", StoredTensor.Of("x", "F32", [2, 2], [1, 2, -3, 4]));
        Write("b", StoredTensor.Of("x", "F32", [2, 2], [1, 2, -3, 6.5f]));
        var numbers = Single(TensorComparison.Changed).Numbers!;
        Assert.Equal((4, 1, 0), (numbers.Elements, numbers.Changed, numbers.NonFinite));
        Assert.Equal(Math.Sqrt(30), numbers.FirstNorm);
        Assert.Equal(Math.Sqrt(56.25), numbers.SecondNorm);
        Assert.Equal(2.5, numbers.DifferenceNorm);
        Assert.Equal(2.5, numbers.LargestDifference);
        Assert.Equal(2.5 / Math.Sqrt(30), numbers.RelativeDifference);
        Assert.Equal(40 / (Math.Sqrt(30) * Math.Sqrt(56.25)), numbers.Cosine!.Value, 1e-15);
        Assert.Equal(0.25, numbers.ChangedShare);
    }

    [Theory]
    [InlineData("BF16", "F32", 1.5f, TensorComparison.OtherDType)]
    [InlineData("F16", "BF16", -2f, TensorComparison.OtherDType)]
    [InlineData("BF16", "F32", 1.001f, TensorComparison.Changed)]
    [InlineData("BF16", "BF16", 1.001f, TensorComparison.Equal)]
    public void DTypes_MayDiffer(string first, string second, float value, TensorComparison expected)
    {
        Write("a", StoredTensor.Of("x", first, [2], [value, 0]));
        Write("b", StoredTensor.Of("x", second, [2], [value, -0f]));
        var found = Single(expected);
        Assert.Equal((first, second), (found.First!.DType.ToString(), found.Second!.DType.ToString()));
        Assert.Equal(expected == TensorComparison.Equal, Diff().IsEqual);
    }

    [Fact]
    public void NonFinite_IsCounted_AndLeftOutOfNorms()
    {
        const float NaN = float.NaN, Inf = float.PositiveInfinity;
        Write("a", StoredTensor.Of("x", "F32", [7], [NaN, NaN, 1, Inf, Inf, 3, 0]));
        Write("b", StoredTensor.Of("x", "F32", [7], [NaN, 1, NaN, Inf, -Inf, 4, 0]));
        var numbers = Single(TensorComparison.Changed).Numbers!;
        Assert.Equal((4, 5), (numbers.Changed, numbers.NonFinite));
        Assert.Equal((3, 4, 1, 1.0, 1),
            (numbers.FirstNorm, numbers.SecondNorm, numbers.DifferenceNorm, numbers.Cosine, numbers.LargestDifference));
    }

    [Fact]
    public void Zeros_HaveNoCosine()
    {
        Write("a", StoredTensor.Of("x", "F32", [2], [0, 0]), StoredTensor.Of("none", "F32", [0, 4], []));
        Write("b", StoredTensor.Of("x", "F32", [2], [0, 1]), StoredTensor.Of("none", "F32", [0, 4], []));
        var diff = Diff();
        Assert.Equal(TensorComparison.Equal, diff.Tensors[0].Comparison);
        Assert.Equal((0, 0, 0.0, null),
            (diff.Tensors[0].Numbers!.Elements, diff.Tensors[0].Numbers!.LargestDifference,
                diff.Tensors[0].Numbers!.RelativeDifference, diff.Tensors[0].Numbers!.Cosine));
        Assert.Equal(((double?)null, (double?)null),
            (diff.Tensors[1].Numbers!.RelativeDifference, diff.Tensors[1].Numbers!.Cosine));
    }

    [Fact]
    public void Verdicts_OfAllKinds()
    {
        Write("a", StoredTensor.Of("a2", "F32", [2], [1, 2]), new("i", "I32", [2], new byte[8]),
            new("j", "I64", [1], [1, 2, 3, 4, 5, 6, 7, 8]), new("k", "I32", [1], new byte[4]),
            StoredTensor.Of("s", "F32", [2], [1, 2]), StoredTensor.Of("x10", "F32", [1], [1]));
        Write("b", StoredTensor.Of("a2", "F32", [2], [1, 2]), new("i", "I32", [2], new byte[8]),
            new("j", "I64", [1], [1, 2, 3, 4, 5, 6, 7, 9]), StoredTensor.Of("k", "F32", [1], [0]),
            StoredTensor.Of("s", "F32", [1, 2], [1, 2]), StoredTensor.Of("x9", "F32", [1], [1]));
        var diff = Diff();
        Assert.Equal(
        [
            ("a2", TensorComparison.Equal), ("i", TensorComparison.Equal), ("j", TensorComparison.Changed),
            ("k", TensorComparison.Unlike), ("s", TensorComparison.Unlike), ("x9", TensorComparison.OnlyInSecond),
            ("x10", TensorComparison.OnlyInFirst),
        ], diff.Tensors.Select(t => (t.Name, t.Comparison)));
        Assert.False(diff.IsEqual);
        Assert.Equal((2, 0), (diff.Total.Elements, diff.Total.Changed));
        Assert.Equal("a2", Merger.Diff(_folder["a"], _folder["b"], new() { Tensors = "2" }).Tensors.Single().Name);
        Assert.Equal(["x9", "x10"], Merger.Diff(_folder["a"], _folder["b"], new() { Tensors = "x*" })
            .Tensors.Select(t => t.Name));
    }

    [Fact]
    public void Names_OfNothing_AreAUsageFailure()
    {
        Write("a", StoredTensor.Of("x", "F32", [1], [1]));
        var failure = Assert.Throws<FastMergeException>(
            () => Merger.Diff(_folder["a"], _folder["a"], new() { Tensors = "y" }));
        Assert.Equal(FailureKind.Usage, failure.Kind);
        Assert.Contains("'y'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Total_IsThatOfAllTensors_InAnyFiles()
    {
        Write("a", StoredTensor.Of("x", "F32", [2], [1, 2]), StoredTensor.Of("y", "F32", [2], [2, 4]));
        File.WriteAllText(_folder["b/model.safetensors.index.json"],
            """{"metadata": {"total_size": 16}, "weight_map": {"x": "m-1.safetensors", "y": "m-2.safetensors"}}""");
        SafetensorsFile.Write(_folder["b/m-1.safetensors"], [StoredTensor.Of("x", "F32", [2], [1, 2])]);
        SafetensorsFile.Write(_folder["b/m-2.safetensors"], [StoredTensor.Of("y", "F32", [2], [2, 1])]);
        var diff = Diff();
        Assert.Equal((4, 1, 5, 3), (diff.Total.Elements, diff.Total.Changed, diff.Total.FirstNorm,
            diff.Total.LargestDifference));
        Assert.Equal(["y", "x"], diff.ByDifference().Select(t => t.Name));
    }

    [Fact]
    public void Bits_AreTheSame_HoweverItIsRead()
    {
        var random = new Random(11);
        StoredTensor Make(string name, string dtype, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++) values[i] = random.NextSingle() - 0.4f;
            return StoredTensor.Of(name, dtype, shape, values);
        }

        var bytes = new byte[400_000];
        random.NextBytes(bytes);
        Write("a", Make("x", "BF16", 300, 1001), Make("y", "F32", 70_001), Make("z", "F16", 3),
            new("i", "I8", [bytes.Length], bytes));
        bytes = [.. bytes];
        bytes[^1] ^= 1;
        Write("b", Make("x", "BF16", 300, 1001), Make("y", "F16", 70_001), Make("z", "F16", 3),
            new("i", "I8", [bytes.Length], bytes));
        var expected = Diff(new() { Threads = 1, ChunkBytes = 1 << 20 });
        Assert.Equal(TensorComparison.Changed, expected.Tensors[0].Comparison);
        foreach (var threads in (int[])[1, 2, 5])
            foreach (var chunk in (long[])[64 << 10, 256 << 10])
                foreach (var input in Enum.GetValues<InputMode>())
                {
                    var found = Diff(new() { Threads = threads, ChunkBytes = chunk, Input = input });
                    Assert.Equal(expected.Total, found.Total);
                    Assert.Equal(expected.Tensors.Select(t => (t.Name, t.Comparison, t.Numbers)),
                        found.Tensors.Select(t => (t.Name, t.Comparison, t.Numbers)));
                }
    }

    [Fact]
    public void Memory_TooSmall_SaysWhatWouldDo()
    {
        Write("a", StoredTensor.Of("x", "F32", [100_000], new float[100_000]));
        var failure = Assert.Throws<FastMergeException>(
            () => Merger.Diff(_folder["a"], _folder["a"], new() { MemoryBytes = 1000, Input = InputMode.Read }));
        Assert.Equal(FailureKind.Resources, failure.Kind);
    }

    [Fact]
    public void MissingModel_IsAnInputFailure()
    {
        Write("a", StoredTensor.Of("x", "F32", [1], [1]));
        Assert.Equal(FailureKind.Input,
            Assert.Throws<FastMergeException>(() => Merger.Diff(_folder["a"], _folder["c"])).Kind);
    }

    ModelDiff Diff(DiffOptions? options = null) => Merger.Diff(_folder["a"], _folder["b"], options);

    TensorDiff Single(TensorComparison expected)
    {
        var tensor = Assert.Single(Diff().Tensors);
        Assert.Equal(expected, tensor.Comparison);
        return tensor;
    }

    void Write(string model, params StoredTensor[] tensors) =>
        SafetensorsFile.Write(_folder[$"{model}/model.safetensors"], tensors);
}

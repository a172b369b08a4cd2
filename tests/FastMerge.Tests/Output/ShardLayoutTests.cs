using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;

namespace FastMerge.Tests.Output;

public class ShardLayoutTests
{
    static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    [Fact]
    public void Names_SortLayersAsNumbers()
    {
        string[] expected =
        [
            "lm_head", "model.embed", "model.layers.0.a", "model.layers.2.a", "model.layers.2.b",
            "model.layers.10.a", "model.layers.010.b", "model.layers.10.c", "model.layers.99999999999999999999.a",
            "model.norm", "\ue000", "\U0001f600",
        ];
        var shuffled = expected.ToArray();
        new Random(3).Shuffle(shuffled);
        Array.Sort(shuffled, NaturalOrder.Instance);
        Assert.Equal(expected, shuffled);
    }

    [Fact]
    public void NaturalOrder_IsATotalOrder()
    {
        var random = new Random(11);
        var names = Enumerable.Range(0, 60).Select(_ => new string([.. Enumerable.Range(0, random.Next(5))
            .Select(_ => "01a.9\ud83d\ue000"[random.Next(7)])])).Distinct().ToArray();
        var compare = NaturalOrder.Instance.Compare;
        foreach (var a in names)
        {
            Assert.Equal(0, compare(a, a));
            foreach (var b in names)
            {
                Assert.Equal(Math.Sign(compare(a, b)), -Math.Sign(compare(b, a)));
                Assert.Equal(a == b, compare(a, b) == 0);
                foreach (var c in names) Assert.False(compare(a, b) < 0 && compare(b, c) < 0 && compare(a, c) >= 0);
            }
        }
    }

    [Fact]
    public void ATensorLargerThanTheLimit_HasAShardOfItsOwn()
    {
        var layout = ShardLayout.Create(
            [Tensor("a", 10), Tensor("b", 1000), Tensor("c", 10), Tensor("d", 0)], 100, Metadata);
        Assert.Equal(["a", "b", "c d"], layout.Shards.Select(
            shard => string.Join(' ', shard.Tensors.Select(t => layout.Tensors[t].Name).Order())));
        Assert.Equal("model-00002-of-00003.safetensors", layout.Shards[1].Name);
        Assert.Equal(ShardLayout.IndexName, layout.LastName);
    }

    [Fact]
    public void OneShard_IsTheSingleFile()
    {
        var layout = ShardLayout.Create([Tensor("a", 10)], 10, Metadata);
        Assert.Equal(["model.safetensors"], layout.Shards.Select(shard => shard.Name));
        Assert.Equal("model.safetensors", layout.LastName);
        Assert.Equal("model.safetensors", Assert.Single(ShardLayout.Create([], 10, Metadata).Shards).Name);
    }

    [Fact]
    public void ATensorMadeTwice_IsRefused() => OutputScenario.Fails(
        FailureKind.Plan, () => ShardLayout.Create([Tensor("a", 1), Tensor("b", 1), Tensor("a", 2)], 10, Metadata));

    [Fact]
    public void RandomLayouts_KeepTheRules()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var tensors = RandomTensors(random);
            var limit = random.Next(1, 400_000);
            var layout = ShardLayout.Create(tensors, limit, Metadata);
            Assert.Equal(tensors.Sum(t => t.ByteCount), layout.TotalBytes);
            Assert.Equal(Enumerable.Range(0, tensors.Length), layout.Shards.SelectMany(s => s.Tensors).Order());
            for (var shard = 0; shard < layout.Shards.Length; shard++) CheckShard(layout, shard, limit);
            var order = layout.Shards.SelectMany(shard => shard.Tensors
                .Select(t => tensors[t].Name).Order(NaturalOrder.Instance)).ToArray();
            Assert.Equal(order.Order(NaturalOrder.Instance), order);
        }
    }

    [Fact]
    public void TheIndex_IsThatOfTheReferenceLibrary()
    {
        var layout = ShardLayout.Create(
            [Tensor("b\"\\\t\u007f", 30), Tensor("é\U0001f600", 30), Tensor("a.10", 30), Tensor("a.9", 30)],
            60, Metadata);
        const string Expected = """
            {
              "metadata": {
                "total_size": 120
              },
              "weight_map": {
                "a.10": "model-00001-of-00002.safetensors",
                "a.9": "model-00001-of-00002.safetensors",
                "b\"\\\t\u007f": "model-00002-of-00002.safetensors",
                "\u00e9\ud83d\ude00": "model-00002-of-00002.safetensors"
              }
            }

            """;
        var text = ShardIndexText.Write(layout);
        Assert.Equal(Expected, Encoding.UTF8.GetString(text));
        var read = ShardIndex.Parse(text, "index");
        Assert.Equal(120, read.TotalSize);
        Assert.Equal("model-00002-of-00002.safetensors", read.WeightMap["é\U0001f600"]);
    }

    static TensorSpec Tensor(string name, int bytes) => new(name, DType.U8, [bytes]);

    static TensorSpec[] RandomTensors(Random random)
    {
        DType[] types = [DType.BF16, DType.F32, DType.U8, DType.I64];
        return [.. Enumerable.Range(0, random.Next(1, 30)).Select(i => new TensorSpec(
            $"layers.{i}.{(char)('a' + random.Next(4))}", types[random.Next(4)],
            [random.Next(3), random.Next(60_000)]))];
    }

    static void CheckShard(ShardLayout layout, int shard, long limit)
    {
        var file = layout.Shards[shard];
        var data = file.Tensors.Sum(t => layout.Tensors[t].ByteCount);
        Assert.True(data <= limit || file.Tensors.Count(t => layout.Tensors[t].ByteCount > 0) == 1);
        var header = SafetensorsHeader.Parse(file.Header, file.Length, file.Name);
        Assert.Empty(header.Warnings);
        Assert.Equal("pt", header.Metadata["format"]);
        var blocks = 0;
        for (var i = 0; i < file.Tensors.Length; i++)
        {
            var range = header.Tensors.Single(t => t.Spec.Name == layout.Tensors[file.Tensors[i]].Name);
            var bytes = range.End - range.Begin;
            Assert.Equal(
                new TensorPlace(shard, header.DataOffset + range.Begin, bytes, blocks), layout.Place(file.Tensors[i]));
            blocks += OutputBlocks.Count(bytes);
        }
        Assert.Equal(blocks, file.BlockCount);
    }
}

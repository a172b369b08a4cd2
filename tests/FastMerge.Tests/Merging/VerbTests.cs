using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>Ranks in rows, values by row and column, and thresholds: whole merges against the reference.</summary>
public class VerbTests
{
    const ulong Seed = 9;

    static readonly MergeMethod[] Methods = [new RankedDrop(), new RowTrim(), new ColumnWeights(), new RowSoftmax()];

    public static TheoryData<string, int> Cases()
    {
        var cases = new TheoryData<string, int>();
        foreach (var name in Methods.Select(m => m.Signature.Name))
        {
            cases.Add(name, 3);
            cases.Add(name, 5);
        }
        return cases;
    }

    public static TheoryData<string> Names => [.. Methods.Select(m => m.Signature.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_EqualsTheReference(string name, int models)
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var opened = HandPlan.Open(scene);
        var inputs = Enumerable.Range(0, models + 1).Select(i => opened[Place(i)]).ToArray();
        var tensors = HandPlan.Of(Method(name), new(), inputs, DType.F32);
        var merged = HandPlan.Bytes(tensors, inputs, new() { Seed = Seed });
        for (var i = 0; i < tensors.Length; i++)
            Assert.True(Reference(scene, name, models, tensors[i]).AsSpan().SequenceEqual(merged[i]),
                $"{tensors[i].Output.Name} differs");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Bits_DoNotDependOnThreadsChunksOrReading(string name)
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(Method(name), new(), inputs, DType.BF16);
        var expected = HandPlan.Bytes(tensors, inputs, new() { Threads = 1, Chunk = null });
        foreach (var (threads, chunk) in new[] { (1, 64 << 10), (3, 64 << 10), (2, 256 << 10) })
            foreach (var mode in new[] { InputMode.Mapped, InputMode.Read })
                Assert.Equal(expected, HandPlan.Bytes(
                    tensors, inputs, new() { Threads = threads, Chunk = chunk, Input = mode }));
    }

    [Fact]
    public void ARowThatIsTooLongToRank_IsRefused()
    {
        var failure = Assert.Throws<FastMergeException>(() => Plan([3, (1 << 24) + 1], long.MaxValue));
        Assert.Equal(FailureKind.Plan, failure.Kind);
        Assert.Contains("rows of 16777217", failure.Message, StringComparison.Ordinal);
        Assert.Contains("at most 16777216", failure.Message, StringComparison.Ordinal);
        Assert.True(Plan([3, 1 << 24], long.MaxValue).ChunkBytes >= 1 << 25);
    }

    [Fact]
    public void ARowThatDoesNotFitTheMemory_SaysTheLeastThatWould()
    {
        var failure = Assert.Throws<FastMergeException>(() => Plan([3, 1 << 24], 256 << 20));
        Assert.Equal(FailureKind.Resources, failure.Kind);
        Assert.Contains("at least", failure.Message, StringComparison.Ordinal);
    }

    static MemoryPlan Plan(long[] shape, long budget)
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensor = HandPlan.Of(new RankedDrop(), new(), inputs, DType.BF16)
            .First(t => t.Output.Shape.Length > 1);
        tensor = tensor with { Output = tensor.Output with { Shape = [.. shape] } };
        return MemoryPlan.Create([tensor], InputMode.Mapped, 2, budget, null, 0);
    }

    static MergeMethod Method(string name) => Methods.Single(m => m.Signature.Name == name);

    /// <summary>Which checkpoint is the base (0) or the model of a number: the three models come again.</summary>
    static int Place(int number) => number <= 3 ? number : number - 3;

    static byte[] Reference(EngineScene scene, string name, int models, PlannedTensor tensor)
    {
        var spec = tensor.Output;
        if (spec.ElementCount == 0) return [];
        EncodedTensor[] inputs = [.. scene.Tensors.Select(m => m.Single(t => t.Name == spec.Name))
            .Select(t => new EncodedTensor(KernelDTypes.Of(Enum.Parse<DType>(t.DType)), t.Data))];
        inputs = [.. Enumerable.Range(0, models + 1).Select(i => inputs[Place(i)])];
        return new ReferenceMerge
        {
            Method = Method(name),
            RowLength = (int)tensor.RowLength,
            ColumnCount = (int)tensor.ColumnCount,
            IsVector = spec.Shape.Length <= 1,
            Seed = Seed,
            Stream = NativeHash.Hash64($"\0{spec.Name}"),
        }.Run(inputs[0], inputs[1..]).Bytes;
    }
}

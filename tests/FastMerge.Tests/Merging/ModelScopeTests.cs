using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>Values over the whole model: right, the same bits however they are found, kept for a resume.</summary>
public class ModelScopeTests
{
    static readonly MethodArguments Arguments = new MethodArguments().Set("density", 0.23);

    [Theory]
    [InlineData("BF16")]
    [InlineData("F32")]
    public void Trim_EqualsTheOracle(string dtype)
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root, dtype).Write();
        var inputs = HandPlan.Open(scene);
        var tensors = HandPlan.Of(new ModelTrim(), Arguments, inputs, DType.F32);
        var merged = HandPlan.Bytes(tensors, inputs, new() { Threads = 3 });
        var expected = Oracle(scene, tensors, 0.23);
        for (var i = 0; i < tensors.Length; i++)
        {
            var values = new EncodedTensor(KernelDType.F32, merged[i]).ToArray();
            for (var j = 0; j < values.Length; j++)
                Assert.True(Math.Abs(values[j] - expected[i][j]) <= 1e-6 * Math.Max(1, Math.Abs(expected[i][j])),
                    $"{tensors[i].Output.Name}[{j}] is {values[j]}, not {expected[i][j]}");
        }
    }

    [Fact]
    public void Trim_KeepsExactlyTheShareOfTheModel_NotOfEachTensor()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var inputs = HandPlan.Open(scene);
        var tensors = HandPlan.Of(new ModelTrim(), Arguments, inputs[..2], DType.F32);
        var sink = new MemorySink(tensors);
        HandPlan.Run(tensors, inputs, sink);
        var cut = sink.Phases.Values.Single(v => v.Length == 2);
        var magnitudes = Deltas(scene, tensors, 1).SelectMany(d => d).Select(Magnitude).ToArray();
        var kept = magnitudes.Where((m, i) => m > cut[0] || (m == cut[0] && i < (long)cut[1])).Count();
        Assert.Equal((long)Math.Floor(0.23 * magnitudes.Length), kept);
        Assert.InRange((long)cut[1], 1, magnitudes.Length - 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Bits_DoNotDependOnThreadsChunksOrReading(bool normed)
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(normed ? new NormedModelTrim() : new ModelTrim(), Arguments, inputs, DType.BF16);
        var expected = HandPlan.Bytes(tensors, inputs, new() { Threads = 1, Chunk = 64 << 20 });
        foreach (var threads in new[] { 1, 2, 3, 8 })
            foreach (var chunk in new[] { 64 << 10, 256 << 10, 1 << 20 })
            {
                var mode = (InputMode)((threads + (chunk >> 18)) % 3);
                AssertSame(expected, HandPlan.Bytes(
                    tensors, inputs, new() { Threads = threads, Chunk = chunk, Input = mode }));
            }
        AssertSame(expected, HandPlan.Bytes(tensors, inputs, new() { Interpret = true }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void KeptPhases_AreNotReadAgain_AndGiveTheSameBits(bool normed)
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(normed ? new NormedModelTrim() : new ModelTrim(), Arguments, inputs, DType.BF16);
        var whole = new MemorySink(tensors);
        var read = HandPlan.Run(tensors, inputs, whole).InputBytes;
        var phases = whole.Phases.ToDictionary();
        Assert.Equal(2, phases.Count);
        for (var kept = 0; kept <= phases.Count; kept++)
        {
            var resumed = new MemorySink(tensors)
            { Phases = phases.Where(p => p.Key < kept).ToDictionary(p => p.Key, p => p.Value) };
            var readAgain = HandPlan.Run(tensors, inputs, resumed).InputBytes;
            AssertSame(whole.Tensors, resumed.Tensors);
            Assert.Equal(phases.OrderBy(p => p.Key), resumed.Phases.OrderBy(p => p.Key));
            if (kept == phases.Count) Assert.True(readAgain < read, $"{readAgain} of {read} bytes");
        }
    }

    [Fact]
    public void OneTensor_GivesWhatTheTensorScopeGives()
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root).Write();
        var inputs = HandPlan.Open(scene);
        var method = new ModelTrim();
        var one = HandPlan.Of(method, Arguments, inputs, DType.F32).First();
        MergeGroup.Fill([one]);
        var reference = new ReferenceMerge
        {
            Method = method,
            Arguments = Arguments,
            RowLength = (int)one.RowLength,
        };
        var name = one.Output.Name;
        EncodedTensor[] stored = [.. scene.Tensors.Select(m => Encoded(m.Single(t => t.Name == name)))];
        var expected = reference.Run(stored[0], stored[1..]);
        Assert.Equal(expected.Bytes, HandPlan.Bytes([one], inputs).Single());
    }

    [Fact]
    public void DifferentDensities_AreRefused()
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(new ModelTrim(), Arguments, inputs, DType.F32);
        var work = tensors[^1].Work!;
        var values = work.Values.All.ToDictionary(v => v.Key, _ => new[] { 0.5 });
        var last = tensors[^1] with { Work = work with { Values = new(values, work.Values.Switches) } };
        PlannedTensor[] changed = [.. tensors[..^1], last];
        MergeGroup.Fill(changed);
        var failure = Assert.Throws<FastMergeException>(() => ModelPhases.Of(changed));
        Assert.Equal(FailureKind.Plan, failure.Kind);
        Assert.Contains("'density'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(last.Output.Name, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DifferentNumbersOfModels_AreRefused()
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(new ModelTrim(), Arguments, inputs, DType.F32);
        PlannedTensor[] changed = [.. tensors[..^1], tensors[^1] with { Models = [.. tensors[^1].Models.Take(2)] }];
        MergeGroup.Fill(changed);
        Assert.Contains("models", Assert.Throws<FastMergeException>(() => ModelPhases.Of(changed)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AFaultInAPhase_EndsTheRun_AndNothingIsWritten()
    {
        using var folder = new TempFolder();
        var inputs = HandPlan.Open(new EngineScene(folder.Root).Write());
        var tensors = HandPlan.Of(new ModelTrim(), Arguments, inputs, DType.F32);
        using (var file = File.OpenWrite($"{folder.Root}/ft2/model.safetensors")) file.SetLength(file.Length / 2);
        var sink = new MemorySink(tensors);
        var failure = Assert.Throws<FastMergeException>(() => HandPlan.Run(tensors, inputs, sink));
        Assert.Equal(FailureKind.InputChanged, failure.Kind);
        Assert.Empty(sink.Phases);
        Assert.All(sink.Tensors, t => Assert.All(t, b => Assert.Equal(0, b)));
    }

    static void AssertSame(byte[][] expected, byte[][] found)
    {
        for (var i = 0; i < expected.Length; i++)
            Assert.True(expected[i].AsSpan().SequenceEqual(found[i]), $"tensor {i}");
    }

    static EncodedTensor Encoded(StoredTensor tensor) =>
        new(KernelDTypes.Of(Enum.Parse<DType>(tensor.DType)), tensor.Data);

    static uint Magnitude(float value) => BitConverter.SingleToUInt32Bits(value) & 0x7fffffff;

    static float[][] Deltas(EngineScene scene, PlannedTensor[] tensors, int model) =>
        [.. tensors.Select(t => Values(scene, model, t).Zip(Values(scene, 0, t), (x, b) => x - b).ToArray())];

    static float[] Values(EngineScene scene, int model, PlannedTensor tensor) =>
        Encoded(scene.Tensors[model].Single(t => t.Name == tensor.Output.Name)).ToArray();

    /// <summary>All tensors as one vector, sorted; sums in plain binary64.</summary>
    static double[][] Oracle(EngineScene scene, PlannedTensor[] tensors, double density)
    {
        var deltas = Enumerable.Range(1, 3).Select(k => Deltas(scene, tensors, k)).ToArray();
        var flat = deltas.Select(d => d.SelectMany(t => t).ToArray()).ToArray();
        var norms = flat.Select(d => d.Sum(v => (double)v * v)).ToArray();
        var keep = (int)Math.Floor(density * flat[0].Length);
        var result = tensors.Select(t => Values(scene, 0, t).Select(v => (double)v).ToArray()).ToArray();
        for (var k = 0; k < 3; k++)
        {
            var kept = Enumerable.Range(0, flat[k].Length).OrderByDescending(i => Magnitude(flat[k][i])).ThenBy(i => i)
                .Take(keep).ToHashSet();
            var scale = flat[k].Sum(v => Math.Abs((double)v)) / kept.Sum(i => Math.Abs((double)flat[k][i]));
            var at = 0;
            foreach (var values in result)
                for (var j = 0; j < values.Length; j++, at++)
                    if (kept.Contains(at)) values[j] += flat[k][at] * norms[k] / norms.Sum() * scale;
        }
        return result;
    }
}

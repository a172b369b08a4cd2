using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Recipe;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>Plans that no recipe need say: methods that are not in the catalogue, and stages below tensors.</summary>
static class HandPlan
{
    /// <summary>The checkpoints of a scene, the base first.</summary>
    public static InputCheckpoint[] Open(EngineScene scene, IStorage? storage = null) => [.. EngineScene.Names.Select(
        n => InputCheckpoint.Open(new($"{scene.Root}/{n}"), storage ?? FileStorage.Instance))];

    /// <summary>The floating-point tensors of a scene merged by a method, as one group.</summary>
    public static PlannedTensor[] Of(
        MergeMethod method, MethodArguments arguments, InputCheckpoint[] inputs, DType output, string stage = "")
    {
        var (group, models) = (new MergeGroup(stage, method.Signature.Name), inputs.Length - 1);
        var values = arguments.For(method, models);
        var works = new[] { false, true }.Select(isVector => new TensorWork(
            TensorPasses.Cut(method.Merge(new(new(models, true, isVector), values.Switches))), values, null, group))
            .ToArray();
        PlannedTensor[] tensors = [.. inputs[0].Tensors.Values.Where(t => t.Spec.DType.IsFloat())
            .OrderBy(t => t.Spec.Name, NaturalOrder.Instance).Select(t => new PlannedTensor
            {
                Output = t.Spec with { DType = output },
                Work = works[t.Spec.Shape.Length <= 1 ? 1 : 0],
                Base = new StoredSource(t),
                Models = [.. inputs[1..].Select(m => new StoredSource(m.Tensors[t.Spec.Name]))],
            })];
        MergeGroup.Fill(tensors);
        return tensors;
    }

    /// <summary>The plan of a recipe.</summary>
    public static PlannedMerge Plan(RecipeSource source) => MergePlanner.Create(
        RecipeReader.ParseDocuments(source.Text!, source.Name, new()), new(), new PlanOptions(false),
        FileStorage.Instance);

    /// <summary>A plan with stages in place of the inputs that are in a folder.</summary>
    public static IReadOnlyList<PlannedTensor> WithStages(
        PlannedMerge plan, string folder, IReadOnlyList<PlannedTensor> stages)
    {
        var byName = stages.ToDictionary(t => t.Output.Name);
        var replaced = plan.Checkpoints.Single(c => c.Folder == folder).Shards.ToHashSet();
        PlannedTensor[] tensors = [.. plan.Tensors.Select(t => t with
        {
            Base = t.Base is null ? null : Replace(t.Base),
            Models = [.. t.Models.Select(Replace)],
        })];
        MergeGroup.Fill(tensors);
        return tensors;

        TensorSource Replace(TensorSource source) => source is StoredSource { Tensor: var t }
            && replaced.Contains(t.Shard) ? new StageSource(byName[t.Spec.Name]) : source;
    }

    /// <summary>Runs an engine over some tensors.</summary>
    public static EngineCounters Run(
        IReadOnlyList<PlannedTensor> tensors, IEnumerable<InputCheckpoint> checkpoints, IMergeSink sink,
        RunOptions? options = null)
    {
        options ??= new();
        var memory = MemoryPlan.Create(
            tensors, options.Input, options.Threads, options.Memory, options.Chunk, 0);
        using var inputs = new InputSet(checkpoints, options.Input);
        var counters = new EngineCounters();
        var running = EngineOptions.Of(memory, options.Threads, options.Input) with
        {
            Seed = options.Seed,
            Interpret = options.Interpret,
        };
        using var engine = new MergeEngine(
            tensors, inputs, sink, running, memory, counters, _ => { }, CancellationToken.None);
        engine.Run(CancellationToken.None);
        return counters;
    }

    /// <summary>The bytes of every tensor.</summary>
    public static byte[][] Bytes(
        IReadOnlyList<PlannedTensor> tensors, IEnumerable<InputCheckpoint> checkpoints, RunOptions? options = null)
    {
        var sink = new MemorySink(tensors);
        Run(tensors, checkpoints, sink, options);
        return sink.Tensors;
    }
}

/// <summary>How a hand-made plan runs.</summary>
sealed record RunOptions
{
    /// <summary>Computing threads.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Bytes of a chunk of output.</summary>
    public int? Chunk { get; init; } = 64 << 10;

    /// <summary>Bytes that may be allocated.</summary>
    public long Memory { get; init; } = 1L << 30;

    /// <summary>How inputs are read.</summary>
    public InputMode Input { get; init; }

    /// <summary>The key of random masks.</summary>
    public ulong Seed { get; init; } = 5;

    /// <summary>No generated kernels.</summary>
    public bool Interpret { get; init; }
}

/// <summary>Keeps all tensors in memory, and what phases find.</summary>
sealed class MemorySink(IReadOnlyList<PlannedTensor> tensors) : IMergeSink
{
    /// <summary>The tensors' bytes.</summary>
    public byte[][] Tensors { get; } = [.. tensors.Select(t => new byte[t.Output.ByteCount])];

    /// <summary>What phases have found.</summary>
    public Dictionary<int, ulong[]> Phases { get; init; } = [];

    public bool TryBegin(int tensor) => true;

    public void OnRoom(Action wake)
    {
    }

    public IReadOnlyList<ByteRange>? Missing(int tensor) => null;

    public ulong[]? FindPhase(int phase) => Phases.GetValueOrDefault(phase);

    public void KeepPhase(int phase, ulong[] values) => Phases[phase] = values;

    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> blockHashes) =>
        data.CopyTo(Tensors[tensor].AsSpan((int)offset));
}

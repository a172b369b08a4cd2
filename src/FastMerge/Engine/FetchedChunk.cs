using System.Runtime.InteropServices;
using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Input;
using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>
/// A chunk whose stored inputs are in memory: mapped, or in a rented buffer. Inputs that are stages are computed
/// from them by whoever works on the chunk.
/// </summary>
sealed unsafe class FetchedChunk
{
    readonly Node _root;
    readonly nint[] _moved;

    FetchedChunk(TensorTask task, long chunk, NativeBlock? buffer)
    {
        (Task, Chunk, Buffer, State) = (task, chunk, buffer, task.Sweep.State);
        Range = task.Sweep.ReadsInputs ? task.Sweep.InputRange(chunk) : default;
        _root = new(State);
        _moved = GC.AllocateUninitializedArray<nint>(Math.Max(1, State.Models.Length), pinned: true);
    }

    /// <summary>The tensor.</summary>
    public TensorTask Task { get; }

    /// <summary>Which chunk of its current reading.</summary>
    public long Chunk { get; }

    /// <summary>Whose inputs they are.</summary>
    public TensorState State { get; }

    /// <summary>The elements at hand; none for what reads no inputs.</summary>
    public ElementRange Range { get; }

    /// <summary>The buffer to give back; null when mapped.</summary>
    public NativeBlock? Buffer { get; }

    /// <summary>Bytes that were fetched.</summary>
    public long Bytes { get; private set; }

    /// <summary>NaN and Inf among the inputs of stages.</summary>
    public NonFiniteElements NonFinite { get; private set; }

    /// <summary>Bytes that inputs of some lengths need in a buffer.</summary>
    public static long BufferBytes(IEnumerable<long> inputBytes) =>
        inputBytes.Sum(b => RoundUp(b) + InputBytes.Slack);

    /// <summary>Bytes that the computed stages of a chunk of some elements take.</summary>
    public static long StageBytes(PlannedTensor tensor, long elements) => tensor.Inputs
        .Select(TensorState.Resolve).OfType<StageSource>()
        .Sum(s => RoundUp(elements * s.Spec.DType.Bits() / 8) + StageBytes(s.Tensor, elements));

    /// <summary>Fetches a chunk's stored inputs.</summary>
    public static FetchedChunk Fetch(TensorTask task, long chunk, InputSet inputs, NativeBlock? buffer)
    {
        var fetched = new FetchedChunk(task, chunk, buffer);
        var place = buffer is null ? null : buffer.Data;
        if (task.Sweep.ReadsInputs) fetched.Fetch(fetched._root, inputs, ref place);
        return fetched;
    }

    /// <summary>Computes the stages into a buffer, innermost first.</summary>
    public void ComputeStages(NativeBlock buffer, Worker worker)
    {
        var needed = StageBytes(State.Tensor, Range.Count);
        if (needed > buffer.Bytes)
            throw new InvalidOperationException($"{Task.Name}: stages of {needed} bytes, planned {buffer.Bytes}");
        var place = buffer.Data;
        Compute(_root, ref place, worker);
    }

    /// <summary>The inputs of a chunk of the task's current reading, which is within what is at hand.</summary>
    public ChunkInputs Inputs(ElementRange range)
    {
        var skip = range.First - Range.First;
        for (var k = 0; k < State.Models.Length; k++) _moved[k] = _root.Models[k] + Offset(State.Models[k], skip);
        var @base = State.Base is { } b ? _root.Base + Offset(b, skip) : 0;
        return new() { Base = (byte*)@base, Models = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_moved, 0) };
    }

    nint Offset(TensorSource source, long elements) => (nint)(elements * Task.Sweep.UnitBits(source.Spec.DType) / 8);

    void Fetch(Node node, InputSet inputs, ref byte* place)
    {
        if (node.State.Base is StoredSource @base) node.Base = Fetch(@base.Tensor, inputs, ref place);
        for (var k = 0; k < node.Models.Length; k++)
            if (node.State.Models[k] is StoredSource model) node.Models[k] = Fetch(model.Tensor, inputs, ref place);
        foreach (var stage in node.Stages) if (stage is not null) Fetch(stage, inputs, ref place);
    }

    nint Fetch(InputTensor tensor, InputSet inputs, ref byte* place)
    {
        var bits = Task.Sweep.UnitBits(tensor.Spec.DType);
        var (offset, length) = (tensor.FileOffset + Range.First * bits / 8, Range.Count * bits / 8);
        var bytes = inputs.Of(tensor.Shard);
        bytes.Prefetch(offset, length);
        var data = bytes.Fetch(offset, checked((int)length), place);
        if (place is not null) place += RoundUp(length) + InputBytes.Slack;
        Bytes += length;
        return (nint)data;
    }

    void Compute(Node node, ref byte* place, Worker worker)
    {
        for (var i = 0; i < node.Stages.Length; i++)
        {
            if (node.Stages[i] is not { } stage) continue;
            Compute(stage, ref place, worker);
            var found = stage.State.Compute(Range, stage.Inputs, place, worker);
            NonFinite = new(NonFinite.Inputs + found.Inputs, NonFinite.Outputs);
            var k = node.State.Base is null ? i : i - 1;
            if (k < 0) node.Base = (nint)place;
            else node.Models[k] = (nint)place;
            place += RoundUp(Range.Count * stage.State.Tensor.Output.DType.Bits() / 8);
        }
    }

    static long RoundUp(long bytes) => (bytes + 4095) & -4096;

    /// <summary>Where the inputs of a tensor of the tree are.</summary>
    sealed class Node(TensorState state)
    {
        public TensorState State { get; } = state;

        public nint Base { get; set; }

        public nint[] Models { get; } =
            GC.AllocateUninitializedArray<nint>(Math.Max(1, state.Models.Length), pinned: true);

        public Node?[] Stages { get; } = [.. state.Stages.Select(s => s is null ? null : new Node(s))];

        public ChunkInputs Inputs => new()
        { Base = (byte*)Base, Models = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(Models, 0) };
    }
}

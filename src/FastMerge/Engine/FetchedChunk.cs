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
    readonly bool[] _sources;
    readonly bool _zeroNonFinite;

    FetchedChunk(TensorTask task, long chunk, NativeBlock? buffer, bool zeroNonFinite)
    {
        (Task, Chunk, Buffer, State, _zeroNonFinite) = (task, chunk, buffer, task.Sweep.State, zeroNonFinite);
        Range = task.Sweep.ReadsInputs ? task.Sweep.InputRange(chunk) : default;
        _root = new(State);
        _sources = [.. Enumerable.Range(0, State.Sources.Length).Select(task.Sweep.Reads)];
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

    /// <summary>NaN and Inf among the inputs of stages and of updates.</summary>
    public NonFiniteElements NonFinite { get; private set; }

    /// <summary>Whether all is at hand that a chunk of a reading needs.</summary>
    public bool Has(Sweep sweep, long chunk) => sweep.State == State && Range.Covers(sweep.InputRange(chunk))
        && Enumerable.Range(0, State.Sources.Length).All(i => !sweep.Reads(i) || _sources[i]);

    /// <summary>Bytes that inputs of some lengths need in a buffer.</summary>
    public static long BufferBytes(IEnumerable<long> inputBytes) =>
        inputBytes.Sum(b => RoundUp(b) + InputBytes.Slack);

    /// <summary>Bytes that the computed stages and updated inputs of a chunk of some elements take.</summary>
    public static long StageBytes(PlannedTensor tensor, long elements)
    {
        var bytes = 0L;
        foreach (var source in tensor.Inputs.Select(TensorState.Resolve))
        {
            if (source is AdapterSource) bytes += RoundUp(elements * sizeof(float));
            if (source.Stage is { } stage)
                bytes += RoundUp(elements * stage.Output.DType.Bits() / 8) + StageBytes(stage, elements);
        }
        return bytes;
    }

    /// <summary>Fetches a chunk's stored inputs, and for the first chunk the factors of their updates.</summary>
    public static FetchedChunk Fetch(
        TensorTask task, long chunk, InputSet inputs, NativeBlock? buffer, bool zeroNonFinite)
    {
        var fetched = new FetchedChunk(task, chunk, buffer, zeroNonFinite);
        var place = buffer is null ? null : buffer.Data;
        if (!task.Sweep.ReadsInputs) fetched.Bytes = task.Sweep.Load(inputs);
        else fetched.Fetch(fetched._root, inputs, ref place);
        return fetched;
    }

    /// <summary>Computes the stages and updated inputs into a buffer, innermost first.</summary>
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
        var first = State.Base is null ? 0 : 1;
        for (var k = 0; k < State.Models.Length; k++)
            _moved[k] = _root.Places[first + k] + Offset(State.Models[k], skip);
        var @base = State.Base is { } b ? _root.Places[0] + Offset(b, skip) : 0;
        return new() { Base = (byte*)@base, Models = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(_moved, 0) };
    }

    nint Offset(TensorSource source, long elements) => (nint)(elements * Task.Sweep.UnitBits(source.Spec.DType) / 8);

    void Fetch(Node node, InputSet inputs, ref byte* place)
    {
        var state = node.State;
        for (var i = 0; i < state.Sources.Length; i++)
        {
            if (node == _root && !_sources[i]) continue;
            if (state.Adapters[i] is { } adapter) Bytes += adapter.Load(inputs, _zeroNonFinite);
            var source = state.Adapters[i]?.Source.Inner ?? state.Sources[i];
            if (source is StoredSource stored) node.Places[i] = Fetch(stored.Tensor, inputs, ref place);
            else if (node.Stages[i] is { } stage) Fetch(stage, inputs, ref place);
        }
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
            if (node == _root && !_sources[i]) continue;
            if (node.Stages[i] is { } stage)
            {
                Compute(stage, ref place, worker);
                Note(stage.State.Compute(Range, stage.Inputs, place, worker).Inputs);
                node.Places[i] = (nint)place;
                place += RoundUp(Range.Count * stage.State.Tensor.Output.DType.Bits() / 8);
            }
            if (node.State.Adapters[i] is not { } adapter) continue;
            Note(adapter.Compute(Range, (byte*)node.Places[i], (float*)place, _zeroNonFinite));
            if (Chunk == 0) Note(adapter.ZeroedFactors(_zeroNonFinite));
            node.Places[i] = (nint)place;
            place += RoundUp(Range.Count * sizeof(float));
        }
    }

    void Note(long nonFinite) => NonFinite = NonFinite with { Inputs = NonFinite.Inputs + nonFinite };

    static long RoundUp(long bytes) => (bytes + 4095) & -4096;

    /// <summary>Where the inputs of a tensor of the tree are.</summary>
    sealed class Node(TensorState state)
    {
        public TensorState State { get; } = state;

        /// <summary>The base, if it is read, then the models.</summary>
        public nint[] Places { get; } =
            GC.AllocateUninitializedArray<nint>(Math.Max(1, state.Sources.Length), pinned: true);

        public Node?[] Stages { get; } = [.. state.Stages.Select(s => s is null ? null : new Node(s))];

        public ChunkInputs Inputs
        {
            get
            {
                var places = (byte**)Marshal.UnsafeAddrOfPinnedArrayElement(Places, 0);
                return State.Base is null ? new() { Models = places } : new() { Base = *places, Models = places + 1 };
            }
        }
    }
}

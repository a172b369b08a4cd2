using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>A tensor that is read: what its passes have found so far, and the same for the stages among its
/// inputs.</summary>
sealed class TensorState
{
    /// <summary>A tensor of which nothing is known yet.</summary>
    public TensorState(PlannedTensor tensor, ulong seed)
    {
        Tensor = Resolve(tensor);
        Values = Tensor.Work is null ? null : new SideValues(Tensor, seed, StreamOf(Tensor));
        Base = Tensor.Base is null ? null : Resolve(Tensor.Base);
        Models = [.. Tensor.Models.Select(Resolve)];
        Sources = Base is null ? Models : [Base, .. Models];
        Stages = [.. Sources.Select(s => s.Stage is { } stage ? new TensorState(stage, seed) : null)];
        Adapters = [.. Sources.Select(s => s is AdapterSource adapter ? new AdapterState(adapter) : null)];
    }

    /// <summary>The tensor; of one that copies a stage, the stage.</summary>
    public PlannedTensor Tensor { get; }

    /// <summary>What its passes have found; null if it is copied.</summary>
    public SideValues? Values { get; }

    /// <summary>The base, if it is read.</summary>
    public TensorSource? Base { get; }

    /// <summary>The models. A stage that copies is what it copies.</summary>
    public TensorSource[] Models { get; }

    /// <summary>Every input, the base first.</summary>
    public TensorSource[] Sources { get; }

    /// <summary>The states of the inputs, the base first; null for those that are stored.</summary>
    public TensorState?[] Stages { get; }

    /// <summary>The updates of the inputs, the base first; null for those without an adapter.</summary>
    public AdapterState?[] Adapters { get; }

    /// <summary>The stored tensor that an input is, or that an adapter updates directly.</summary>
    public InputTensor? Stored(int source) =>
        ((Adapters[source]?.Source.Inner ?? Sources[source]) as StoredSource)?.Tensor;

    /// <summary>How many of the passes before the last have been done.</summary>
    public int Done { get; set; }

    /// <summary>The last pass, once all before it have been done.</summary>
    public BoundProgram? Map { get; set; }

    /// <summary>Supplies ranks and matrices that the last pass reads; null if it reads none.</summary>
    public IChunkArrays? Arrays { get; set; }

    /// <summary>What its matrix pass has computed, if it has one.</summary>
    public MatrixResults? Matrices { get; set; }

    /// <summary>NaN and Inf that were found among inputs before the last pass.</summary>
    public NonFiniteElements NonFinite { get; set; }

    /// <summary>Every stage below, innermost first.</summary>
    public IEnumerable<TensorState> AllStages => Stages.OfType<TensorState>().SelectMany(s => s.AllStages.Append(s));

    /// <summary>The elements that chunks need whole multiples of, for what is here and below.</summary>
    public long WholeRow => Adapters.OfType<AdapterState>().Select(a => a.Source.Update.RowLength)
        .Append(Arrays is RowRanks ? Tensor.RowLength : 1)
        .Concat(Stages.OfType<TensorState>().Select(s => s.WholeRow)).Max();

    /// <summary>What a source really reads: one that copies another is that one.</summary>
    public static TensorSource Resolve(TensorSource source) => source switch
    {
        StageSource { Tensor: { Work: null } copy } => Resolve(copy.Models[0]),
        AdapterSource adapter => adapter with { Inner = Resolve(adapter.Inner) },
        _ => source,
    };

    /// <summary>What a tensor really computes: one that copies a stage is that stage.</summary>
    public static PlannedTensor Resolve(PlannedTensor tensor) =>
        tensor.Work is null && Resolve(tensor.Models[0]) is StageSource stage ? stage.Tensor : tensor;

    /// <summary>Computes elements of the output.</summary>
    public unsafe NonFiniteElements Compute(ElementRange range, in ChunkInputs inputs, byte* output, Worker worker) =>
        Map!.Map(range.First, range.Count, Arrays is null ? inputs : Arrays.Find(range, inputs, worker), output,
            Values!.RowsOf(Map.Program, range));

    /// <summary>Gives back the matrices of the tensor and of the stages below it, and the factors of updates.</summary>
    public void Release()
    {
        ReleaseFactors();
        foreach (var stage in Stages) stage?.Release();
        Matrices?.Dispose();
        Matrices = null;
    }

    /// <summary>
    /// Lets go the matrices here and below. Who reads the tensor again computes them again: matrices of all tensors at
    /// once would be as large as the model.
    /// </summary>
    public void ForgetMatrices()
    {
        foreach (var stage in Stages) stage?.ForgetMatrices();
        if (Matrices is null) return;
        Matrices.Dispose();
        (Matrices, Map, Arrays, NonFinite) = (null, null, null, default);
        Done = Tensor.Work!.Passes.Before.TakeWhile(p => p is not MatrixPass).Count();
    }

    /// <summary>Lets go what adapters here and below have loaded; it is loaded again if it is wanted again.</summary>
    public void ReleaseFactors()
    {
        foreach (var adapter in Adapters) adapter?.Release();
        foreach (var stage in Stages) stage?.ReleaseFactors();
    }

    /// <summary>The stream of the tensor's random masks: a hash of its document's and its own name.</summary>
    static ulong StreamOf(PlannedTensor tensor) =>
        NativeHash.Hash64($"{tensor.Work!.Group.Stage}\0{tensor.Output.Name}");
}

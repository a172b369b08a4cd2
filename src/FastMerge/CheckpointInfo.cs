using FastMerge.Core;

namespace FastMerge;

/// <summary>What a checkpoint holds, found from its validated headers.</summary>
public sealed record CheckpointInfo
{
    /// <summary>The model as it was asked for.</summary>
    public required string Model { get; init; }

    /// <summary>The folder it was found in.</summary>
    public required string Folder { get; init; }

    /// <summary>The commit of a hub snapshot; null for other models.</summary>
    public required string? Commit { get; init; }

    /// <summary>The first architecture of config.json; null if there is none.</summary>
    public required string? Architecture { get; init; }

    /// <summary>Elements of all tensors.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of all tensors.</summary>
    public required long Bytes { get; init; }

    /// <summary>Totals by element type, the most bytes first.</summary>
    public required IReadOnlyList<DTypeInfo> DTypes { get; init; }

    /// <summary>The files, in order of name.</summary>
    public required IReadOnlyList<CheckpointFileInfo> Files { get; init; }

    /// <summary>The tensors, by file and then in the order of their data.</summary>
    public required IReadOnlyList<TensorInfo> Tensors { get; init; }

    /// <summary>What an adapter says of itself; null for a model.</summary>
    public AdapterInfo? Adapter { get; init; }

    /// <summary>What is odd but readable.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>A PEFT LoRA adapter.</summary>
/// <param name="Base">The model it was trained on, as it says.</param>
/// <param name="Modules">The modules that it updates.</param>
/// <param name="Saved">The tensors that it replaces.</param>
/// <param name="Ranks">The ranks of its updates, ascending, each once.</param>
/// <param name="Scales">What their products are multiplied with, ascending, each once.</param>
/// <param name="Kind"><c>LoRA</c>, <c>rsLoRA</c>, <c>DoRA</c> or <c>rsDoRA</c>.</param>
public sealed record AdapterInfo(
    string? Base, int Modules, int Saved, IReadOnlyList<int> Ranks, IReadOnlyList<double> Scales, string Kind);

/// <summary>How much of a checkpoint has one element type.</summary>
/// <param name="DType">The type.</param>
/// <param name="Tensors">Tensors of it.</param>
/// <param name="Parameters">Their elements.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record DTypeInfo(DType DType, int Tensors, long Parameters, long Bytes);

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">Its name in the folder.</param>
/// <param name="Tensors">Tensors in it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="HeaderSha256">SHA-256 of its header with the length, in hex.</param>
/// <param name="Metadata">The strings under <c>__metadata__</c>.</param>
public sealed record CheckpointFileInfo(
    string Name, int Tensors, long Bytes, string HeaderSha256, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Spec">Name, dtype and shape.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Offset">Where its data starts in the file.</param>
public sealed record TensorInfo(TensorSpec Spec, string File, long Offset);

using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>One safetensors file of an input checkpoint, as it was when its header was read.</summary>
sealed class InputShard
{
    /// <summary>Its name inside the checkpoint's folder.</summary>
    public required string FileName { get; init; }

    /// <summary>The path to open it by.</summary>
    public required string Path { get; init; }

    /// <summary>Size, times and inode when the header was read.</summary>
    public required StorageEntry Identity { get; init; }

    /// <summary>The blob that a hub cache's link leads to: the content's SHA-256; null outside a hub cache.</summary>
    public required string? HubBlobName { get; init; }

    /// <summary>The validated header.</summary>
    public required SafetensorsHeader Header { get; init; }

    /// <summary>SHA-256 of the header with its length, in hexadecimal.</summary>
    public string HeaderSha256 => Header.Sha256;
}

/// <summary>A tensor of an input checkpoint and where its bytes are.</summary>
sealed record InputTensor(TensorSpec Spec, InputShard Shard, long FileOffset);

/// <summary>A file without tensors that an input's numbers depend on.</summary>
/// <param name="FileName">Its name inside the folder.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Sha256">SHA-256 of its content, in hexadecimal.</param>
sealed record InputSideFile(string FileName, long Length, string Sha256);

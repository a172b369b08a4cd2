using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Input;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>The input files of a merge, each opened when it is first read.</summary>
sealed class InputSet(IEnumerable<InputCheckpoint> checkpoints, InputMode mode) : IDisposable
{
    readonly Dictionary<InputShard, InputCheckpoint> _owners = Owners(checkpoints);
    readonly Dictionary<InputShard, InputBytes> _open = [];

    /// <summary>The bytes of a shard.</summary>
    public InputBytes Of(InputShard shard)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(shard, out var bytes))
                _open[shard] = bytes = InputBytes.Open(_owners[shard].OpenShard(shard), shard.Identity.Length, mode);
            return bytes;
        }
    }

    /// <summary>Fails if one of the files behind these tensors is no longer the one that was planned with.</summary>
    public void CheckUnchanged(IEnumerable<InputTensor> tensors)
    {
        foreach (var shard in tensors.Select(t => t.Shard).Distinct()) _owners[shard].CheckUnchanged(shard);
    }

    /// <summary>Fails if any file that was read is no longer the one that was planned with.</summary>
    public void CheckUnchanged()
    {
        InputShard[] read;
        lock (_open) read = [.. _open.Keys];
        foreach (var shard in read) _owners[shard].CheckUnchanged(shard);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var bytes in _open.Values) bytes.Dispose();
    }

    static Dictionary<InputShard, InputCheckpoint> Owners(IEnumerable<InputCheckpoint> checkpoints)
    {
        var owners = new Dictionary<InputShard, InputCheckpoint>();
        foreach (var checkpoint in checkpoints)
            foreach (var shard in checkpoint.Shards)
                owners[shard] = checkpoint;
        return owners;
    }
}

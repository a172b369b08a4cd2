using System.Collections.Immutable;

namespace FastMerge.Checkpoint.Output;

/// <summary>One weight file of an output.</summary>
/// <param name="Name">The final file name.</param>
/// <param name="Tensors">Numbers of its tensors in file order.</param>
/// <param name="Header">The bytes before the data: length prefix and padded JSON.</param>
/// <param name="Length">Bytes of the whole file.</param>
/// <param name="BlockCount">Hash blocks of the data.</param>
sealed record ShardFile(
    string Name, ImmutableArray<int> Tensors, byte[] Header, long Length, int BlockCount);

using System.Collections.Immutable;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// The weight files of an output, known before a byte is written: which tensor lies where, every
/// header and every length. Tensors fill shards in natural order of their names; inside a shard they
/// lie in the order of the reference writer (widest dtype first, then by name).
/// </summary>
sealed class ShardLayout
{
    /// <summary>The name of the file of an output that is one shard.</summary>
    public const string SingleName = WeightFiles.Single;

    /// <summary>The name of the file that lists the shards of an output.</summary>
    public const string IndexName = ShardIndex.FileName;

    readonly TensorPlace[] _places;

    ShardLayout(IReadOnlyList<TensorSpec> tensors, int[][] groups, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = tensors;
        TotalBytes = tensors.Sum(tensor => tensor.ByteCount);
        _places = new TensorPlace[tensors.Count];
        Shards = [.. groups.Select((group, shard) => PlaceShard(group, shard, groups.Length, metadata))];
    }

    /// <summary>The tensors, in the order in which they are numbered.</summary>
    public IReadOnlyList<TensorSpec> Tensors { get; }

    /// <summary>The files in order.</summary>
    public ImmutableArray<ShardFile> Shards { get; }

    /// <summary>Bytes of all tensors.</summary>
    public long TotalBytes { get; }

    /// <summary>Whether the output is one file without an index.</summary>
    public bool IsSingle => Shards.Length == 1;

    /// <summary>The file that makes the output complete: it is the last to appear.</summary>
    public string LastName => IsSingle ? SingleName : IndexName;

    /// <summary>Where a tensor lies.</summary>
    public TensorPlace Place(int tensor) => _places[tensor];

    /// <summary>Lays tensors out in files of at most <paramref name="shardBytes"/> bytes of data;
    /// a larger tensor gets a file of its own.</summary>
    public static ShardLayout Create(
        IReadOnlyList<TensorSpec> tensors, long shardBytes, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(shardBytes, 1);
        var order = Enumerable.Range(0, tensors.Count).ToArray();
        int Compare(int a, int b) => NaturalOrder.Instance.Compare(tensors[a].Name, tensors[b].Name);
        // Plans are in order already; a hundred thousand names are worth the look.
        var isSorted = Enumerable.Range(1, Math.Max(0, order.Length - 1)).All(i => Compare(i - 1, i) <= 0);
        if (!isSorted) Array.Sort(order, Compare);
        RefuseDuplicates(tensors, order);
        var groups = new List<int[]>();
        var (start, bytes) = (0, 0L);
        for (var i = 0; i < order.Length; i++)
        {
            var size = tensors[order[i]].ByteCount;
            if (bytes > 0 && size > shardBytes - bytes)
            {
                groups.Add(order[start..i]);
                (start, bytes) = (i, 0);
            }
            bytes = checked(bytes + size);
        }
        groups.Add(order[start..]);
        return new(tensors, [.. groups], metadata);
    }

    /// <summary>The name of a weight file.</summary>
    public static string FileName(int shard, int count) =>
        count == 1 ? SingleName : $"model-{shard + 1:D5}-of-{count:D5}.safetensors";

    ShardFile PlaceShard(int[] group, int shard, int count, IReadOnlyDictionary<string, string> metadata)
    {
        var numbers = group.ToDictionary(tensor => Tensors[tensor].Name, StringComparer.Ordinal);
        var header = SafetensorsHeaderWriter.Write(group.Select(tensor => Tensors[tensor]), metadata);
        var order = ImmutableArray.CreateBuilder<int>(group.Length);
        var blocks = 0;
        foreach (var range in header.Tensors)
        {
            var (tensor, bytes) = (numbers[range.Spec.Name], range.End - range.Begin);
            _places[tensor] = new(shard, header.Bytes.Length + range.Begin, bytes, blocks);
            order.Add(tensor);
            blocks = checked(blocks + OutputBlocks.Count(bytes));
        }
        return new(FileName(shard, count), order.MoveToImmutable(), header.Bytes, header.FileLength, blocks);
    }

    static void RefuseDuplicates(IReadOnlyList<TensorSpec> tensors, int[] order)
    {
        for (var i = 1; i < order.Length; i++)
        {
            var name = tensors[order[i]].Name;
            if (name != tensors[order[i - 1]].Name) continue;
            throw new FastMergeException(
                FailureKind.Plan, $"output tensor '{DisplayText.Escape(name)}' is made twice; names must differ");
        }
    }
}

namespace FastMerge.Checkpoint.Output;

/// <summary>The segments of a weight file: its header, then each tensor in file order.</summary>
static class SafetensorsSegments
{
    /// <summary>The segments of a planned shard.</summary>
    public static IReadOnlyList<FileSegment> Of(ShardLayout layout, int shard)
    {
        var file = layout.Shards[shard];
        return Of(file.Header.Length, file.Tensors.Select(tensor => layout.Place(tensor).Length));
    }

    /// <summary>The segments of a file with such a header and tensors of such lengths.</summary>
    public static IReadOnlyList<FileSegment> Of(long headerLength, IEnumerable<long> tensorLengths)
    {
        var segments = new List<FileSegment> { new(0, headerLength, 0) };
        foreach (var length in tensorLengths)
        {
            var last = segments[^1];
            segments.Add(new(last.Offset + last.Length, length, last.FirstBlock + last.BlockCount));
        }
        return segments;
    }
}

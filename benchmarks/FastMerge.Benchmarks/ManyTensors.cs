using FastMerge.Testing.Checkpoints;

namespace FastMerge.Benchmarks;

/// <summary>A model of 100,000 small tensors, as large mixtures of experts have them.</summary>
static class ManyTensors
{
    public const int Count = 100_000;

    public static IEnumerable<(string Name, string DType, long[] Shape)> Entries() => Enumerable.Range(0, Count)
        .Select(i =>
            ($"model.layers.{i / 1000}.mlp.experts.{i % 1000}.down_proj.weight", "BF16", new long[] { 8, 64 }));

    /// <summary>A checkpoint folder whose data is a hole in the file.</summary>
    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        using var file = File.Create(Path.Combine(folder, SafetensorsFile.SingleName));
        var header = SafetensorsFile.Header(Entries());
        file.Write(header);
        file.SetLength(header.Length + Count * 8L * 64 * 2);
    }
}

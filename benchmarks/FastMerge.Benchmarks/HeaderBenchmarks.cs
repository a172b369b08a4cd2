using BenchmarkDotNet.Attributes;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Benchmarks;

/// <summary>Headers of 100,000 tensors: read with every check, laid out in shards, written.</summary>
public class HeaderBenchmarks
{
    readonly byte[] _header = SafetensorsFile.Header(ManyTensors.Entries());
    readonly TensorSpec[] _tensors =
        [.. ManyTensors.Entries().Select(e => new TensorSpec(e.Name, DType.BF16, [.. e.Shape]))];

    [Benchmark]
    public int Parse() =>
        SafetensorsHeader.Parse(_header, _header.Length + ManyTensors.Count * 1024L, "model.safetensors").Tensors.Count;

    [Benchmark]
    public int LayOut() =>
        ShardLayout.Create(_tensors, 10_000_000, new Dictionary<string, string>()).Shards.Length;
}

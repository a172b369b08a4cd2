using System.Diagnostics;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Adapters;
using FastMerge.Checkpoint.Output;
using FastMerge.Engine;

namespace FastMerge;

/// <content>Looking at checkpoints that are there.</content>
public static partial class Merger
{
    /// <summary>
    /// Reads and validates the headers of a model or of a LoRA adapter: a folder, a .safetensors file, or an id of the
    /// local hub cache.
    /// </summary>
    public static CheckpointInfo Inspect(string model)
    {
        var (location, hub) = (new ModelLocation(model), HubCache.FromEnvironment());
        var adapter = LoraAdapter.IsAt(location, FileStorage.Instance, hub)
            ? LoraAdapter.Open(location, FileStorage.Instance, hub) : null;
        var checkpoint = adapter?.Files ?? InputCheckpoint.Open(location, FileStorage.Instance);
        TensorInfo[] tensors = [.. checkpoint.Shards.SelectMany(shard => shard.Header.Tensors.Select(
            t => new TensorInfo(t.Spec, shard.FileName, shard.Header.DataOffset + t.Begin)))];
        return new()
        {
            Model = checkpoint.Location.Text,
            Folder = checkpoint.Folder,
            Commit = checkpoint.Commit,
            Architecture = checkpoint.Architecture,
            Parameters = tensors.Sum(t => t.Spec.ElementCount),
            Bytes = tensors.Sum(t => t.Spec.ByteCount),
            DTypes = [.. tensors.GroupBy(t => t.Spec.DType)
                .Select(g => new DTypeInfo(
                    g.Key, g.Count(), g.Sum(t => t.Spec.ElementCount), g.Sum(t => t.Spec.ByteCount)))
                .OrderByDescending(d => d.Bytes).ThenBy(d => d.DType)],
            Files = [.. checkpoint.Shards.Select(s => new CheckpointFileInfo(
                s.FileName, s.Header.Tensors.Count, s.Identity.Length, s.HeaderSha256, s.Header.Metadata))],
            Tensors = tensors,
            Adapter = adapter is null ? null : Describe(adapter),
            Warnings = checkpoint.Warnings,
        };
    }

    static AdapterInfo Describe(LoraAdapter adapter)
    {
        var config = adapter.Config;
        var modules = adapter.Tensors.Modules.Select(m => (Names: new[] { m.Module }, m)).Select(
            m => (Rank: config.RankOf(m.Names), Scale: config.ScaleOf(m.Names, config.RankOf(m.Names)))).ToArray();
        return new(
            config.Base, modules.Length, adapter.Tensors.Saved.Count,
            [.. modules.Select(m => m.Rank).Distinct().Order()], [.. modules.Select(m => m.Scale).Distinct().Order()],
            (config.IsRankStabilised ? "rs" : "") + (config.HasMagnitudes ? "DoRA" : "LoRA"));
    }

    /// <summary>
    /// Holds the files of a merge against the hashes of its lock. A file that does not match is told in the
    /// report, not thrown.
    /// </summary>
    /// <param name="folder">The output of a merge, or any checkpoint folder.</param>
    /// <param name="hashed">Is told the bytes hashed since its last call, on any thread.</param>
    /// <param name="cancellation">Stops it.</param>
    public static Task<VerificationReport> VerifyAsync(
        string folder, Action<long>? hashed = null, CancellationToken cancellation = default) => Task.Run(() =>
    {
        var watch = Stopwatch.StartNew();
        var report = OutputVerifier.Verify(folder, FileStorage.Instance, BlockHasher.Instance, hashed, cancellation);
        return new VerificationReport
        {
            Folder = folder,
            HasLock = report.HasLock,
            Files = [.. report.Files.Select(f => new VerifiedFile(f.File, f.Bytes, f.Problem))],
            Notes = report.Notes,
            Elapsed = watch.Elapsed,
        };
    }, cancellation);
}

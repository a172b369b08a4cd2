using System.Diagnostics;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Engine;

namespace FastMerge;

/// <content>Looking at checkpoints that are there.</content>
public static partial class Merger
{
    /// <summary>
    /// Reads and validates the headers of a model: a folder, a .safetensors file, or an id of the local hub cache.
    /// </summary>
    public static CheckpointInfo Inspect(string model)
    {
        var summary = CheckpointSummary.Read(model, FileStorage.Instance);
        return new()
        {
            Model = summary.Model,
            Folder = summary.Folder,
            Commit = summary.Commit,
            Architecture = summary.Architecture,
            Parameters = summary.Parameters,
            Bytes = summary.Bytes,
            DTypes = [.. summary.DTypes.Select(d => new DTypeInfo(d.DType, d.Tensors, d.Parameters, d.Bytes))],
            Files = [.. summary.Shards.Select(s => new CheckpointFileInfo(
                s.FileName, s.Tensors, s.FileBytes, s.HeaderSha256, s.Metadata))],
            Tensors = [.. summary.Tensors.Select(t => new TensorInfo(t.Spec, t.FileName, t.FileOffset))],
            Warnings = summary.Warnings,
        };
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

using System.Reflection;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Plan;

namespace FastMerge;

/// <summary>The files beside the weights: configuration, tokenizer and its like, model card, and what the lock
/// says.</summary>
static class OutputContents
{
    const string ConfigName = "config.json";
    const string CardName = "README.md";

    /// <summary>Name and version of this program, as locks and hashes name it.</summary>
    public static string Tool { get; } = "fastmerge " + typeof(OutputContents).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>All side files of an output.</summary>
    public static IReadOnlyList<OutputFile> SideFiles(PlannedMerge plan, IStorage storage)
    {
        var files = new List<OutputFile>();
        if (plan.Config is { } config) files.Add(new(ConfigName, config));
        foreach (var file in Checkpoint.SideFiles.Find(plan.Donor, storage))
            if (file.FileName is not ConfigName and not CardName)
                files.Add(new(file.FileName, Read(file.Path, storage)));
        files.Add(new(CardName, System.Text.Encoding.UTF8.GetBytes(Card(plan).ToString())));
        return files;
    }

    /// <summary>The lock without its outputs.</summary>
    public static MergeLock Lock(PlannedMerge plan, UInt128 planHash, ulong seed, Func<InputShard, string?> sha256) =>
        new(
        Tool, planHash, seed, plan.Recipe.Recipe.Text,
        [
            .. plan.Checkpoints.SelectMany(c => c.Shards.Select(s => new LockedInput(
                c.Location.Text, s.FileName, s.Identity.Length, s.HeaderSha256, s.HubBlobName, sha256(s)))),
        ],
        []);

    static ModelCard Card(PlannedMerge plan) => new()
    {
        Method = plan.Recipe.Method.Signature.Name,
        Base = plan.Recipe.Recipe.Base?.ToString(),
        Models = [.. plan.Recipe.Models.Select(m => m.Model.ToString())],
        LocalModels = [.. plan.Checkpoints.Where(c => c.Commit is null).Select(c => c.Location.Text)],
        Recipe = plan.Recipe.Recipe.Text,
    };

    static byte[] Read(string path, IStorage storage)
    {
        using var file = storage.OpenRead(path);
        var content = new byte[file.Stat().Length];
        file.Read(0, content);
        return content;
    }
}

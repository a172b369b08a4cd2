using System.Reflection;
using System.Text;
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
    const string RecipeName = "mergekit_config.yml";

    /// <summary>Name and version of this program, as locks and hashes name it.</summary>
    public static string Tool { get; } = "fastmerge " + typeof(OutputContents).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];

    /// <summary>All side files of an output.</summary>
    public static IReadOnlyList<OutputFile> SideFiles(PlannedMerge plan, IStorage storage)
    {
        var files = new List<OutputFile>();
        if (plan.Config is { } config) files.Add(new(ConfigName, config));
        foreach (var file in Checkpoint.SideFiles.Find(plan.Donor, storage))
            if (file.FileName is not ConfigName and not CardName and not RecipeName)
                files.Add(new(file.FileName, Read(file.Path, storage)));
        files.Add(new(CardName, Encoding.UTF8.GetBytes(Card(plan).ToString())));
        files.Add(new(RecipeName, Encoding.UTF8.GetBytes(plan.Recipe.Recipe.Text)));
        return files;
    }

    /// <summary>The lock without its outputs.</summary>
    public static MergeLock Lock(PlannedMerge plan, UInt128 planHash, ulong seed, Func<InputShard, string?> sha256) =>
        new(
        Tool, planHash, seed, plan.Recipe.Recipe.Text,
        [
            .. plan.Checkpoints.SelectMany(c => c.Shards.Select(s => new LockedInput(
                c.Location.Text, s.FileName, s.Identity.Length, s.HeaderSha256, s.HubBlobName, sha256(s)))),
            .. plan.Checkpoints.SelectMany(c => c.OtherFiles.Select(f => new LockedInput(
                c.Location.Text, f.FileName, f.Length, f.Sha256))),
        ],
        []);

    static ModelCard Card(PlannedMerge plan)
    {
        IReadOnlyList<PlannedMerge> documents = plan.Stages.Count > 0 ? plan.Stages : [plan];
        var stages = documents.Select(d => d.Recipe.Recipe.Name?.Value).ToHashSet();
        return new()
        {
            Methods =
            [
                .. documents.Reverse().SelectMany(d => d.Tensors.Select(t => t.Method)
                    .Prepend(d.Recipe.Recipe.MergeMethod.Value)).Where(m => m != "").Distinct(),
            ],
            Base = plan.Recipe.Recipe.Base is { } @base && !stages.Contains(@base.ModelPath) ? @base.ToString() : null,
            Models =
            [
                .. documents.SelectMany(d => d.Recipe.Recipe.AllModels())
                    .Select(m => !stages.Contains(m.ModelPath) ? m.ToString() : m.Lora?.ToString())
                    .OfType<string>().Distinct(),
            ],
            LocalModels = [.. plan.Checkpoints.Where(c => c.Commit is null).Select(c => c.Location.Text)],
            Recipe = plan.Recipe.Recipe.Text,
        };
    }

    static byte[] Read(string path, IStorage storage)
    {
        using var file = storage.OpenRead(path);
        var content = new byte[file.Stat().Length];
        file.Read(0, content);
        return content;
    }
}

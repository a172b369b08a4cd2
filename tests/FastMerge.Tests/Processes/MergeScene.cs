using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Processes;

/// <summary>A base, two fine-tunes and a TIES recipe in a folder of their own.</summary>
sealed class MergeScene : IDisposable
{
    readonly TempFolder _folder = new();

    public MergeScene(CheckpointShape? shape = null, string method = "ties")
    {
        var checkpoint = new SyntheticCheckpoint(shape ?? new(4, 256, 704, 2048, 8, 4)) { ShardBytes = 2_000_000 };
        checkpoint.Write(this["base"]);
        (checkpoint with { FineTune = 1 }).Write(this["one"]);
        (checkpoint with { FineTune = 2 }).Write(this["two"]);
        File.WriteAllText(this["recipe.yml"], Recipe(method));
    }

    public string this[string name] => _folder[name];

    public string RecipePath => this["recipe.yml"];

    /// <summary>Bytes of the tensors of a model.</summary>
    public long ModelBytes => Directory.GetFiles(this["base"], "*.safetensors").Sum(f => new FileInfo(f).Length);

    public string Recipe(string method) => $$"""
        merge_method: {{method}}
        base_model: {{this["base"]}}
        models:
          - model: {{this["one"]}}
            parameters: {weight: 0.6, density: 0.4}
          - model: {{this["two"]}}
            parameters: {weight: 0.4, density: 0.7}

        """;

    public void Dispose() => _folder.Dispose();
}

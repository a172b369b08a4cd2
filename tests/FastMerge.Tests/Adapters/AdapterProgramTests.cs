using System.Text.Json.Nodes;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Adapters;

/// <summary>The program with adapters: inspection, exit codes, and merges that are killed and resumed.</summary>
public class AdapterProgramTests : IDisposable
{
    const string Q = "layers.0.q_proj";

    readonly AdapterScene _scene = new();

    public AdapterProgramTests()
    {
        _scene.Model("base", null, _scene.Random(Q + ".weight", "BF16", 900, 1000),
            _scene.Random("layers.1.q_proj.weight", "BF16", 900, 1000));
        _scene.Adapter("lora", """{"use_rslora": true, "rank_pattern": {"layers.1.q_proj": 9}}""",
            [.. _scene.Factors(Q, "BF16", 1000, 900), .. _scene.Factors("layers.1.q_proj", "BF16", 1000, 900, 9)]);
        File.WriteAllText(_scene["r.yml"], $"merge_method: passthrough\nmodels:\n- model: {_scene["base"]}+"
            + $"{_scene["lora"]}\nout_dtype: float32\n");
    }

    public void Dispose() => _scene.Dispose();

    string[] Merge(string output, params string[] more) =>
        ["merge", _scene["r.yml"], _scene[output], "--shard-size", "4MB", "--chunk-size", "64KiB", "--quiet", .. more];

    [Fact]
    public void Killed_ThenResumed_EqualsUninterrupted()
    {
        Assert.Equal(0, ProgramRun.Run(Merge("whole")).ExitCode);
        using (var run = ProgramRun.Start(Merge("out", "--io-rate", "3500000")))
        {
            run.WaitUntil(() => Directory.Exists(_scene["out/.fastmerge"]));
            Thread.Sleep(700);
            Assert.NotEqual(0, run.Kill().ExitCode);
        }
        var resumed = ProgramRun.Run(Merge("out", "--resume"));
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(FolderContent.Of(_scene["whole"]), FolderContent.Of(_scene["out"]));
        Assert.Equal(0, ProgramRun.Run("verify", _scene["out"]).ExitCode);
    }

    [Fact]
    public void ChangedAlpha_BeforeAResume_IsRefused()
    {
        using (var run = ProgramRun.Start(Merge("out", "--io-rate", "3500000")))
        {
            run.WaitUntil(() => Directory.Exists(_scene["out/.fastmerge"]));
            Thread.Sleep(700);
            run.Kill();
        }
        var config = _scene["lora/adapter_config.json"];
        File.WriteAllText(config, File.ReadAllText(config).Replace(":6", ":7", StringComparison.Ordinal));
        Assert.NotEqual(0, ProgramRun.Run(Merge("out", "--resume")).ExitCode);
    }

    [Fact]
    public void Inspect_TellsOfAnAdapter()
    {
        var text = ProgramRun.Run("inspect", _scene["lora"]);
        Assert.True(text.ExitCode == 0, text.Errors);
        Assert.Contains("rsLoRA, rank 4, 9, scale 2, 3, 2 modules, 0 saved whole", text.Output,
            StringComparison.Ordinal);
        Assert.Contains("org/base", text.Output, StringComparison.Ordinal);
        var json = JsonNode.Parse(ProgramRun.Run("inspect", _scene["lora"], "--json").Output.Split('\n')[0])!;
        Assert.Equal([4, 9], json["adapter"]!["ranks"]!.AsArray().Select(r => (int)r!));
        Assert.Equal(4, (int)json["tensors"]!);
    }

    [Fact]
    public void ExitCodes()
    {
        File.Move(_scene["lora/adapter_model.safetensors"], _scene["lora/adapter_model.bin"]);
        Assert.Equal(4, ProgramRun.Run(Merge("out")).ExitCode);
        Assert.Equal(4, ProgramRun.Run("inspect", _scene["lora"]).ExitCode);
        _scene.Adapter("lora", "{}", _scene.Factors("layers.2.q_proj", "F32", 1000, 900));
        var run = ProgramRun.Run(Merge("out"));
        Assert.Equal(5, run.ExitCode);
        Assert.Contains("nearest is 'layers.", run.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_scene["out"]));
    }
}

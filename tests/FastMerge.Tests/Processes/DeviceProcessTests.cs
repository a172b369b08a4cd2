using FastMerge.Testing;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>Merges on an OpenCL device as users start them.</summary>
public class DeviceProcessTests
{
    static string[] Merge(MergeScene scene, string output, params string[] more) =>
        ["merge", scene.RecipePath, scene[output], "--shard-size", "2MB", "--chunk-size", "64KiB", "--quiet", .. more];

    [Theory]
    [InlineData("cpu", "opencl")]
    [InlineData("opencl", "cpu")]
    public void KilledOnOneBackend_ResumedOnAnother_EqualsUninterrupted(string first, string then)
    {
        using var scene = new MergeScene();
        Assert.Equal(0, ProgramRun.Run(Merge(scene, "whole")).ExitCode);
        var written = $"{scene.ModelBytes / 4}";
        using (var run = ProgramRun.Start(Merge(scene, "out", "--backend", first, "--io-rate", written)))
        {
            run.WaitUntil(() => Directory.Exists(scene["out/.fastmerge"])
                && Directory.GetFiles(scene["out"], "*.safetensors").Length > 0);
            Assert.NotEqual(0, run.Kill().ExitCode);
        }
        var resumed = ProgramRun.Run(Merge(scene, "out", "--resume", "--backend", then));
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(FolderContent.Of(scene["whole"]), FolderContent.Of(scene["out"]));
    }

    [Fact]
    public void TheDeviceComputes()
    {
        using var scene = new MergeScene();
        // PoCL keeps what it has compiled.
        var environment = new Dictionary<string, string> { ["POCL_CACHE_DIR"] = scene["kernels"] };
        Assert.Equal(0, ProgramRun.Run(environment, Merge(scene, "cpu", "--backend", "cpu")).ExitCode);
        Assert.False(Directory.Exists(scene["kernels"]));
        Assert.Equal(0, ProgramRun.Run(environment, Merge(scene, "device", "--backend", "opencl")).ExitCode);
        Assert.NotEmpty(Directory.GetFiles(scene["kernels"], "fm_map_kernel.so", SearchOption.AllDirectories));
        Assert.Equal(FolderContent.Of(scene["cpu"]), FolderContent.Of(scene["device"]));
    }

    [Fact]
    public void ACudaDeviceComputes()
    {
        // A driver and a compiler of kernels that run on the host; the native tests have built them.
        var mock = RepositoryFolder.Combine("artifacts", "native", "tests", "native", "libfm_mock_cuda.so");
        Assert.True(File.Exists(mock), $"{mock} is missing; scripts/test.sh builds it");
        using var scene = new MergeScene();
        var environment = new Dictionary<string, string> { ["FASTMERGE_CUDA"] = mock, ["FASTMERGE_NVRTC"] = mock };
        Assert.Equal(0, ProgramRun.Run(Merge(scene, "cpu")).ExitCode);
        var merged = ProgramRun.Run(environment, Merge(scene, "device", "--backend", "cuda"));
        Assert.True(merged.ExitCode == 0, merged.Errors);
        Assert.Equal(FolderContent.Of(scene["cpu"]), FolderContent.Of(scene["device"]));
        Assert.Contains("mock 0", ProgramRun.Run(environment, "devices").Output, StringComparison.Ordinal);
        environment["FM_MOCK_CUDA_FAIL"] = "200";
        var lost = ProgramRun.Run(environment, Merge(scene, "lost", "--backend", "cuda"));
        Assert.Equal(75, lost.ExitCode);
        Assert.Contains("CUDA: cu", lost.Errors, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Run(Merge(scene, "lost", "--resume")).ExitCode);
        Assert.Equal(FolderContent.Of(scene["cpu"]), FolderContent.Of(scene["lost"]));
    }

    [Theory]
    [InlineData("--device", "99", "opencl has no device 99; accepted: 0")]
    [InlineData("--seed", "1", "no OpenCL library")]
    public void ABackendThatCannotStart_SaysWhy_BeforeAnyOutput(string option, string value, string expected)
    {
        using var scene = new MergeScene();
        var environment = new Dictionary<string, string>();
        if (option == "--seed") environment["FASTMERGE_OPENCL"] = scene["no such library.so"];
        var result = ProgramRun.Run(environment, Merge(scene, "out", "--backend", "opencl", option, value));
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(expected, result.Errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(scene["out"]));
        if (environment.Count == 0) return;
        var listed = ProgramRun.Run(environment, "devices");
        Assert.Equal(0, listed.ExitCode);
        Assert.Contains(expected, listed.Output, StringComparison.Ordinal);
        Assert.Equal(0, ProgramRun.Run(environment, Merge(scene, "out")).ExitCode);
    }
}

using FastMerge.Backends;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Oracles;

namespace FastMerge.Tests.Backends;

/// <summary>Merges on an OpenCL device, which may be PoCL, have the bytes of the CPU's.</summary>
public class DeviceMergeTests
{
    static readonly MergeOptions OnDevice = new() { Backend = Backend.OpenCl, Threads = 2, MemoryBytes = 1L << 30 };

    public static TheoryData<string> Cases() => [.. GoldenMerges.Manifest.Cases.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task GoldenRecipes(string name)
    {
        var golden = GoldenMerges.Manifest.Cases.Single(c => c.Name == name);
        var expected = await GoldenMerges.FolderOf(golden);
        using var output = new TempFolder();
        await Merger.MergeAsync(
            RecipeSource.Yaml(GoldenOracle.Recipe(GoldenMerges.Manifest, golden), name), output.Root, OnDevice);
        var found = SafetensorsFile.ReadFolder(output.Root);
        Assert.Equal(expected.Tensors.Keys.Order(), found.Keys.Order());
        foreach (var (tensor, stored) in expected.Tensors)
            Assert.True(stored.Data.AsSpan().SequenceEqual(found[tensor].Data), $"{name}: {tensor}");
    }

    [Fact]
    public void ADevice_IsListed_AndSaysWhatItIs()
    {
        var device = Device.List(DeviceKind.OpenCl)[0];
        Assert.Equal(0, device.Index);
        Assert.NotEqual("", device.Name);
        Assert.InRange(device.Units, 1, int.MaxValue);
        Assert.InRange(device.MemoryBytes, 1 << 20, long.MaxValue);
        Assert.Null(device.Refusal);
        Assert.Contains(BackendCatalog.List(), b => b is { Name: "opencl", Available: true });
    }
}

using System.Buffers;
using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>Whole merges against the scalar reference interpreter, bit for bit.</summary>
public class ReferenceEqualityTests
{
    const ulong Seed = 5;

    public static TheoryData<string, string, string?> Cases()
    {
        var cases = new TheoryData<string, string, string?>();
        foreach (var (i, name) in EngineScene.Recipes.Keys.Index())
        {
            cases.Add(name, "BF16", null);
            cases.Add(name, i % 2 == 0 ? "F16" : "F32", i % 2 == 0 ? "float32" : "bfloat16");
        }
        cases.Add("ties", "F64", "float16");
        cases.Add("linear", "F8_E4M3", "bfloat16");
        cases.Add("slerp", "F8_E5M2", null);
        return cases;
    }

    public static TheoryData<string, string, string?> OtherCases()
    {
        var cases = new TheoryData<string, string, string?>();
        foreach (var (i, name) in EngineScene.Recipes.Keys.Index())
            cases.Add(name, i % 2 == 1 ? "F16" : "F32", i % 2 == 1 ? "float32" : "bfloat16");
        return cases;
    }

    [Theory]
    [Trait("Tier", "slow")]
    [MemberData(nameof(OtherCases))]
    public Task Merge_OfTheOtherDTypes_EqualsTheReference(string name, string dtype, string? outDType) =>
        Merge_EqualsTheReference(name, dtype, outDType);

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Merge_EqualsTheReference(string name, string dtype, string? outDType)
    {
        using var folder = new TempFolder();
        var scene = new EngineScene(folder.Root, dtype).Write();
        var merged = 0;
        await foreach (var tensor in Merger.StreamAsync(
            scene.Recipe(name, outDType), new() { Seed = Seed, Threads = 2, ChunkBytes = 64 << 10 }))
        {
            using (tensor)
            {
                var expected = Reference(scene, name, tensor.Spec);
                Assert.True(expected.AsSpan().SequenceEqual(tensor.Data.ToArray()), $"{tensor.Spec.Name} differs");
                merged++;
            }
        }
        Assert.Equal(scene.Tensors[0].Count, merged);
    }

    static byte[] Reference(EngineScene scene, string name, TensorSpec spec)
    {
        var inputs = scene.Tensors.Select(model => model.Single(t => t.Name == spec.Name)).ToArray();
        var method = MethodCatalog.Find(EngineScene.Recipes[name].Split('\n')[0]["merge_method: ".Length..])!;
        var hasBase = method.Signature.Name is not ("linear" or "passthrough");
        var count = method.Signature.Name is "slerp" or "passthrough" ? 1 : 3;
        if (!spec.DType.IsFloat()) return inputs[hasBase ? 0 : 1].Data;
        var arguments = new MethodArguments();
        foreach (var parameter in method.Signature.Parameters)
            if (parameter.Name == "weight") arguments.Set(
                "weight", [.. Enumerable.Range(1, count).Select(i => i * 3 / 10.0)]);
        foreach (var (key, value) in Parameters(name))
            if (value is "true" or "false") arguments.Set(key, value == "true");
            else arguments.Set(key, double.Parse(value, System.Globalization.CultureInfo.InvariantCulture));
        var merge = new ReferenceMerge
        {
            Method = method,
            Arguments = arguments,
            Output = KernelDTypes.Of(spec.DType),
            RowLength = spec.Shape.Length > 1 ? (int)spec.Shape[^1] : 0,
            Seed = Seed,
            Stream = NativeHash.Hash64($"\0{spec.Name}"),
        };
        if (spec.ElementCount == 0) return [];
        return merge.Run(hasBase ? Encoded(inputs[0]) : null, [.. inputs[1..(count + 1)].Select(Encoded)]).Bytes;
    }

    static IEnumerable<(string Key, string Value)> Parameters(string name) =>
        from line in EngineScene.Recipes[name].Split('\n')
        where line.StartsWith("parameters", StringComparison.Ordinal)
        from pair in line[(line.IndexOf('{') + 1)..line.IndexOf('}')].Split(',')
        let parts = pair.Split(':')
        select (parts[0].Trim(), parts[1].Trim());

    static EncodedTensor Encoded(StoredTensor tensor) =>
        new(KernelDTypes.Of(Enum.Parse<DType>(tensor.DType)), tensor.Data);
}

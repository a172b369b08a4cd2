using System.Buffers;
using System.Globalization;
using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Reference;
using FastMerge.Tests.Backends;

namespace FastMerge.Tests.Methods;

/// <summary>Whole merges of small files against the reference, bit for bit: plan, engine and backend.</summary>
public class MergerEqualityTests
{
    const ulong Seed = 0x123456789abcdef;

    static readonly (string Name, long[] Shape, bool Special)[] Tensors =
    [
        ("vector", [97], true), ("matrix", [37, 53], false), ("cube", [3, 5, 7], true), ("rows", [530, 64], false),
        ("one", [1], false), ("scalar", [], false), ("special", [41, 16], true), ("none", [0, 4], false),
        ("empty rows", [4, 0], false), ("long rows", [2, 16500], false),
    ];

    [Theory]
    [InlineData("linear", "BF16", 3, "weight: [0.3, 0.5, -0.1]")]
    [InlineData("linear", "F64", 9, "weight: 0.4; normalize: false")]
    [InlineData("task_arithmetic", "F16", 2, "weight: [0.3, 0.7]; lambda: 0.6; normalize: true")]
    [InlineData("ties", "BF16", 3, "weight: [0.3, 0.5, 0.4]; density: [0.2, 0.5, 1]")]
    [InlineData("ties", "F32", 2, "weight: [1, -0.5]; density: 0.4; rescale: true; normalize: false")]
    [InlineData("dare_linear", "BF16", 4, "weight: 0.25; density: [0.1, 0.5, 0.9, 1]")]
    [InlineData("dare_ties", "F32", 2, "weight: [0.6, 0.4]; density: 0.53; normalize: true; lambda: 1.1")]
    [InlineData("breadcrumbs", "F16", 2, "weight: [0.6, 0.4]; density: 0.7; gamma: [0.01, 0.2]; rescale: true")]
    [InlineData("breadcrumbs_ties", "BF16", 5, "weight: 0.2; density: 0.8; gamma: 0.05")]
    [InlineData("slerp", "BF16", 1, "t: 0.3")]
    [InlineData("slerp", "F8_E4M3", 1, "t: 0.7")]
    [InlineData("model_stock", "F32", 3, "")]
    [InlineData("model_stock", "BF16", 2, "filter_wise: true")]
    [InlineData("model_stock", "F8_E5M2", 4, "filter_wise: true")]
    [InlineData("passthrough", "BF16", 1, "scale: 0.3")]
    [InlineData("nuslerp", "BF16", 2, "weight: [0.3, 0.5]")]
    [InlineData("nuslerp", "F32", 2, "weight: [0.3, 0.5]; nuslerp_flatten: false")]
    [InlineData("nuslerp", "BF16", 2, "weight: [0.3, 0.5]; nuslerp_flatten: false; nuslerp_row_wise: true")]
    [InlineData("arcee_fusion", "BF16", 1, "")]
    [InlineData("magmax", "BF16", 3, "")]
    [InlineData("pcb", "BF16", 3, "density: 0.1")]
    [InlineData("della", "BF16", 3, "weight: 0.4; density: 0.6; epsilon: 0.1")]
    [InlineData("della_linear", "F32", 2, "weight: 0.4; density: [0.3, 0.7]; epsilon: 0.2; rescale_by: density")]
    [InlineData("breadcrumbs", "BF16", 2, "weight: 0.4; density: 0.6; gamma: 0.1; scope: row")]
    [InlineData("multislerp", "F16", 3, "weight: [0.3, 0.5, 0.1]")]
    [InlineData("karcher", "BF16", 3, "max_iter: 20")]
    [InlineData("nearswap", "BF16", 1, "t: 0.1")]
    [InlineData("ram", "BF16", 3, "epsilon: 0.1")]
    [InlineData("ramplus_tl", "F32", 3, "epsilon: 0.01; r: 0.3")]
    [InlineData("sce", "BF16", 3, "")]
    [InlineData("sce", "F32", 4, "select_topk: 0.3")]
    public async Task A_merge_has_the_bits_of_the_reference(string method, string dtype, int models, string parameters)
    {
        using var folder = new TempFolder();
        var inputs = Write(folder, dtype, models);
        var values = Parse(parameters);
        foreach (var keys in new[] { "", "out_dtype: float32", "dtype: bfloat16\nout_dtype: float16" })
        {
            var recipe = Recipe(folder, MethodCatalog.Find(method)!, values, models) + keys;
            var options = new MergeOptions { Seed = Seed, Threads = 2, ChunkBytes = 65536 };
            var seen = 0;
            await foreach (var merged in Merger.StreamAsync(RecipeSource.Yaml(recipe), options))
            {
                using (merged) Compare(method, values, inputs, merged, rounds: keys.Contains("dtype: b"));
                seen++;
            }
            Assert.Equal(Tensors.Length, seen);
        }
    }

    static void Compare(
        string method, Dictionary<string, string> values, Dictionary<string, EncodedTensor[]> inputs,
        MergedTensor merged, bool rounds)
    {
        var name = merged.Spec.Name;
        var tensors = inputs[name];
        var signature = MethodCatalog.Find(method)!.Signature;
        var usesBase = signature.Base is BaseUse.Required or BaseUse.EndPoint;
        var expected = new ReferenceMerge
        {
            Method = MethodCatalog.Find(method)!,
            Arguments = Arguments(values),
            Output = KernelDTypes.Of(merged.Spec.DType),
            InputRounding = rounds ? DType.BF16 : null,
            RowLength = merged.Spec.Shape.Length > 1 ? (int)merged.Spec.Shape[^1] : 0,
            IsVector = merged.Spec.Shape.Length <= 1,
            ColumnCount = merged.Spec.Shape is [> 0 and var first, _, ..]
                ? (int)(merged.Spec.ElementCount / first) : null,
            Seed = Seed,
            Stream = NativeHash.Hash64($"\0{name}"),
        }.Run(usesBase ? tensors[0] : null, tensors[1..]);
        var bytes = merged.Data.ToArray();
        var got = new EncodedTensor(expected.DType, bytes);
        for (var i = 0; i < expected.Length; i++)
            if (!Bytes(expected, i).SequenceEqual(Bytes(got, i)))
                Assert.Fail($"{method}, {name}: element {i} is {got[i]:R}, not {expected[i]:R}");
        Assert.Equal(expected.Bytes.Length, bytes.Length);
    }

    static ReadOnlySpan<byte> Bytes(EncodedTensor tensor, int index)
    {
        var size = ScalarCodec.Size(tensor.DType);
        return tensor.Bytes.AsSpan(index * size, size);
    }

    /// <summary>Writes the base and the models; their tensors by name, the base's first.</summary>
    static Dictionary<string, EncodedTensor[]> Write(TempFolder folder, string dtype, int models)
    {
        var samples = new Samples(models);
        var code = KernelDTypes.Of(Enum.Parse<DType>(dtype));
        var all = Tensors.ToDictionary(
            t => t.Name,
            t => Enumerable.Range(0, models + 1)
                .Select(_ => samples.Tensor(code, (int)t.Shape.Aggregate(1L, (a, b) => a * b), t.Special)).ToArray());
        for (var k = 0; k <= models; k++)
            SafetensorsFile.Write(
                folder[$"{k}.safetensors"],
                Tensors.Select(t => new StoredTensor(t.Name, dtype, t.Shape, all[t.Name][k].Bytes)));
        return all;
    }

    static string Recipe(
        TempFolder folder, MergeMethod method, Dictionary<string, string> values, int models)
    {
        var use = method.Signature.Base;
        var text = new StringWriter(CultureInfo.InvariantCulture);
        text.WriteLine($"merge_method: {method.Signature.Name}");
        if (use is BaseUse.Required or BaseUse.EndPoint)
            text.WriteLine($"base_model: {folder["0.safetensors"]}");
        text.WriteLine("models:");
        if (use == BaseUse.EndPoint) text.WriteLine($"- model: {folder["0.safetensors"]}");
        var perModel = method.Signature.Parameters.Where(p => p.IsPerModel && values.ContainsKey(p.Name)).ToArray();
        for (var k = 1; k <= models; k++)
        {
            text.WriteLine($"- model: {folder[$"{k}.safetensors"]}");
            if (perModel.Length == 0) continue;
            text.WriteLine("  parameters:");
            foreach (var parameter in perModel)
                text.WriteLine($"    {parameter.Name}: {Of(values[parameter.Name], k - 1)}");
        }
        var globals = values.Where(v => perModel.All(p => p.Name != v.Key)).ToArray();
        if (globals.Length > 0) text.WriteLine("parameters:");
        foreach (var (name, value) in globals) text.WriteLine($"  {name}: {value}");
        return text.ToString();
    }

    static Dictionary<string, string> Parse(string parameters) => parameters
        .Split("; ", StringSplitOptions.RemoveEmptyEntries)
        .Select(p => p.Split(": ")).ToDictionary(p => p[0], p => p[1]);

    static string[] Numbers(string value) => value.Trim('[', ']').Split(", ");

    static string Of(string value, int model) => Numbers(value) is { Length: > 1 } several ? several[model] : value;

    static MethodArguments Arguments(Dictionary<string, string> values)
    {
        var arguments = new MethodArguments();
        foreach (var (name, value) in values)
        {
            if (bool.TryParse(value, out var flag)) arguments.Set(name, flag);
            else if (char.IsLetter(value[0])) arguments.Set(name, value);
            else arguments.Set(name, [.. Numbers(value).Select(n => double.Parse(n, CultureInfo.InvariantCulture))]);
        }
        return arguments;
    }
}

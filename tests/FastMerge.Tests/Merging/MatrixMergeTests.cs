using System.Buffers;
using FastMerge.Core;
using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;

namespace FastMerge.Tests.Merging;

/// <summary>Merges of matrices as a whole: what their bits depend on, and what NaN and Inf do.</summary>
public sealed class MatrixMergeTests(MatrixMergeTests.Models models) : IClassFixture<MatrixMergeTests.Models>
{
    static readonly Dictionary<string, string> Parameters = new()
    {
        ["knots"] = "inner: ties, weight: 1, density: 0.5", ["core_space"] = "inner: ties, weight: 1, density: 0.5",
        ["svc"] = "inner: ties, weight: 1, density: 0.5",
    };

    public static TheoryData<string> Methods() =>
        ["iso_c", "iso_cts", "star", "tsv", "twin", "svc", "knots", "core_space", "drm", "stf", "wudi", "lore"];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Bits_do_not_depend_on_memory_chunks_io_or_the_order_of_matrices(string method)
    {
        var expected = await Merge(models["small"], method, new() { Threads = 2 });
        foreach (var options in new MergeOptions[]
        {
            new() { Threads = 2, ChunkBytes = 64 << 10, Input = InputMode.Read },
            new() { Threads = 2, MemoryBytes = Least(models["small"], method), ChunkBytes = 64 << 10 },
            new() { Threads = 1, ChunkBytes = 128 << 10 },
        })
            Assert.Equal(expected, await Merge(models["small"], method, options));
        // Alone, a matrix meets memory and threads that no other has used.
        Assert.Equal(expected["b.weight"], (await Merge(models["one"], method, new() { Threads = 2 }))["b.weight"]);
    }

    /// <summary>Sides from 1024 on go through binary32 where a rule on the spectrum allows it.</summary>
    [Theory]
    [InlineData("star")]
    [InlineData("iso_c")]
    public async Task Bits_of_large_matrices_are_those_of_the_next_run(string method)
    {
        var expected = await Merge(models["large"], method, new() { Threads = 2 });
        Assert.Equal(expected, await Merge(
            models["large"], method,
            new() { Threads = 2, MemoryBytes = Least(models["large"], method), ChunkBytes = 64 << 10 }));
    }

    [Theory]
    [InlineData("iso_c", float.NaN)]
    [InlineData("star", float.PositiveInfinity)]
    [InlineData("tsv", float.NaN)]
    [InlineData("knots", float.NegativeInfinity)]
    public async Task NaN_and_Inf_are_said_by_name_and_do_as_the_policy_says(string method, float value)
    {
        using var folder = new TempFolder();
        Models.Write(folder, [("a.weight", 30, 20), ("b.weight", 20, 40)], (model, name, i) =>
            model == 1 && name == "a.weight" && i == 77 ? value : null);
        var warned = await Merge(folder, method, new() { Threads = 2 });
        Assert.All(Floats(warned["a.weight"]), v => Assert.True(float.IsNaN(v)));
        Assert.All(Floats(warned["b.weight"]), v => Assert.True(float.IsFinite(v)));
        var refused = await Assert.ThrowsAsync<FastMergeException>(
            () => Merge(folder, method, new() { Threads = 2, NonFinite = NonFinitePolicy.Error }));
        Assert.Equal(FailureKind.NonFinite, refused.Kind);
        Assert.Contains("a.weight", refused.Message, StringComparison.Ordinal);
        var zeroed = await Merge(folder, method, new() { Threads = 2, NonFinite = NonFinitePolicy.Zero });
        using var clean = new TempFolder();
        Models.Write(clean, [("a.weight", 30, 20), ("b.weight", 20, 40)], (model, name, i) =>
            model == 1 && name == "a.weight" && i == 77 ? 0f : null);
        Assert.Equal(await Merge(clean, method, new() { Threads = 2 }), zeroed);
    }

    [Fact]
    public async Task The_warning_names_the_tensor()
    {
        using var folder = new TempFolder();
        Models.Write(folder, [("a.weight", 3, 4)], (model, _, i) => model == 0 && i == 5 ? float.NaN : null);
        var warnings = new List<string>();
        await Merger.MergeAsync(Recipe(folder, "iso_c"), folder["out"], new() { Threads = 1 },
            new Sink(e => { if (e is WarningEvent w) warnings.Add(w.Text); }));
        Assert.Contains(warnings, w => w.StartsWith("tensor a.weight: 1 NaN or Inf", StringComparison.Ordinal));
    }

    /// <summary>A phase over the model reads layers that the output leaves out.</summary>
    [Fact]
    public void Memory_counts_matrices_of_tensors_that_only_a_phase_reads()
    {
        using var folder = new TempFolder();
        Models.Write(folder, [("layers.0.w.weight", 8, 10), ("layers.1.w.weight", 300, 200)], (_, _, _) => null);
        var plan = HandPlan.Plan(RecipeSource.Yaml($$"""
            name: low
            merge_method: iso_c
            base_model: {{folder["0.safetensors"]}}
            models: [{model: {{folder["1.safetensors"]}}}, {model: {{folder["2.safetensors"]}}}]
            ---
            name: middle
            merge_method: metagpt
            parameters: {scope: model}
            base_model: {{folder["0.safetensors"]}}
            models: [{model: low}, {model: {{folder["2.safetensors"]}}}]
            ---
            merge_method: passthrough
            slices: [{sources: [{model: middle, layer_range: [0, 1]}]}]
            """, "r.yml"));
        Assert.Single(plan.Tensors);
        var phase = Assert.Single(ModelPhases.Of(plan.Tensors).Phases);
        long[] bytes = [.. phase.Tensors.Select(MatrixMemory.Of)];
        Assert.Equal(2, bytes.Length);
        Assert.True(bytes[1] > 20 * bytes[0]);
        var memory = MemoryPlan.Create(plan.Tensors, InputMode.Mapped, 2, 1L << 30, null, 0);
        Assert.Equal(bytes[1] + 2 * bytes[0], memory.MatrixBytes); // those of layer 0 in the output, and in the phase
    }

    static async Task<Dictionary<string, byte[]>> Merge(TempFolder folder, string method, MergeOptions options)
    {
        var merged = new Dictionary<string, byte[]>();
        await foreach (var tensor in Merger.StreamAsync(Recipe(folder, method), options))
            using (tensor) merged[tensor.Spec.Name] = tensor.Data.ToArray();
        return merged;
    }

    /// <summary>The least budget under which the merge can be planned, to the MiB.</summary>
    static long Least(TempFolder folder, string method)
    {
        for (var memory = 1L << 20; ; memory += 1 << 20)
            try
            {
                Merger.Plan(Recipe(folder, method), null, new() { Threads = 2, MemoryBytes = memory });
                return memory + (24 << 20); // a stream keeps whole tensors besides
            }
            catch (FastMergeException e) when (e.Kind == FailureKind.Resources)
            {
            }
    }

    static RecipeSource Recipe(TempFolder folder, string method) => RecipeSource.Yaml(
        $"merge_method: {method}\nparameters: {{{Parameters.GetValueOrDefault(method)}}}\n"
        + $"base_model: {folder["0.safetensors"]}\nmodels:\n"
        + $"- model: {folder["1.safetensors"]}\n- model: {folder["2.safetensors"]}\n");

    static float[] Floats(byte[] data) => [.. data.Chunk(4).Select(b => BitConverter.ToSingle(b))];

    sealed class Sink(Action<MergeEvent> take) : IProgress<MergeEvent>
    {
        public void Report(MergeEvent value) => take(value);
    }

    /// <summary>Base and two models in files, made once.</summary>
    public sealed class Models : IDisposable
    {
        readonly Dictionary<string, TempFolder> _folders = new()
        {
            ["small"] = new(), ["one"] = new(), ["large"] = new(),
        };

        public Models()
        {
            Write(_folders["small"],
                [("a.weight", 200, 90), ("b.weight", 60, 170), ("c.weight", 64, 64), ("n", 33, 1)]);
            Write(_folders["one"], [("b.weight", 60, 170)]);
            Write(_folders["large"], [("a.weight", 1030, 1100)]);
        }

        internal TempFolder this[string name] => _folders[name];

        internal static void Write(
            TempFolder folder, (string Name, long Rows, long Columns)[] tensors,
            Func<int, string, int, float?>? special = null)
        {
            for (var model = 0; model < 3; model++)
            {
                var number = model;
                SafetensorsFile.Write(folder[$"{model}.safetensors"], tensors.Select(t => StoredTensor.Of(
                    t.Name, "F32", t.Columns == 1 ? [t.Rows] : [t.Rows, t.Columns],
                    [.. Values(t.Name, number, (int)(t.Rows * t.Columns))
                        .Select((v, i) => special?.Invoke(number, t.Name, i) ?? v)])));
            }
        }

        public void Dispose()
        {
            foreach (var folder in _folders.Values) folder.Dispose();
        }

        /// <summary>A model is the base and a difference that is its own.</summary>
        static IEnumerable<float> Values(string name, int model, int count)
        {
            var (own, shared) = (new Random(name[0] * 10 + model), new Random(name[0]));
            for (var i = 0; i < count; i++)
                yield return (float)(shared.NextDouble() - 0.5 + (model == 0 ? 0 : 0.1 * (own.NextDouble() - 0.5)));
        }
    }
}

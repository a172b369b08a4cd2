using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Merging;

/// <summary>
/// A base and three models whose tensors are awkward: several chunks, rows longer than a chunk, empty ones,
/// scalars, integers, and task vectors with many equal magnitudes.
/// </summary>
sealed class EngineScene
{
    /// <summary>Recipes of all ten methods with every pass in them, by name.</summary>
    public static IReadOnlyDictionary<string, string> Recipes { get; } = new Dictionary<string, string>
    {
        ["linear"] = "merge_method: linear",
        ["task_arithmetic"] = "merge_method: task_arithmetic\nparameters: {lambda: 0.7, normalize: true}",
        ["ties"] = "merge_method: ties\nparameters: {density: 0.37, normalize: true}",
        ["ties_rescale"] = "merge_method: ties\nparameters: {density: 0.2, rescale: true, lambda: 1.5}",
        ["dare_linear"] = "merge_method: dare_linear\nparameters: {density: 0.5}",
        ["dare_ties"] = "merge_method: dare_ties\nparameters: {density: 0.31}",
        ["breadcrumbs"] = "merge_method: breadcrumbs\nparameters: {density: 0.6, gamma: 0.05}",
        ["breadcrumbs_ties"] = "merge_method: breadcrumbs_ties\nparameters: {density: 0.6, gamma: 0.05}",
        ["slerp"] = "merge_method: slerp\nparameters: {t: 0.3}",
        ["model_stock"] = "merge_method: model_stock",
        ["model_stock_rows"] = "merge_method: model_stock\nparameters: {filter_wise: true}",
        ["passthrough"] = "merge_method: passthrough",
        ["passthrough_scale"] = "merge_method: passthrough\nparameters: {scale: 0.5}",
    };

    // With chunks of 64 KiB: several whole rows, a row and a part of it, and short rows to a chunk.
    static readonly (string Name, long[] Shape)[] Shapes =
    [
        ("blocks.0.weight", [240, 300]), ("blocks.1.weight", [2, 35001]), ("blocks.2.weight", [3000, 3]),
        ("blocks.10.weight", [7, 11]), ("empty.weight", [0, 7]), ("norm.weight", [333]), ("one", [1]), ("scalar", []),
    ];

    readonly Dictionary<string, byte[]> _files = [];

    /// <summary>Writes the models' files.</summary>
    /// <param name="root">The folder that they are in.</param>
    /// <param name="dtype">The dtype of all but the integers.</param>
    public EngineScene(string root, string dtype = "BF16")
    {
        Root = root;
        Tensors = [.. Enumerable.Range(0, 4).Select(model => Model(model, dtype))];
        for (var model = 0; model < 4; model++)
        {
            var header = SafetensorsFile.Header(Tensors[model].Select(t => (t.Name, t.DType, t.Shape)));
            _files[$"{Names[model]}/model.safetensors"] = [.. header, .. Tensors[model].SelectMany(t => t.Data)];
            _files[$"{Names[model]}/config.json"] = """{"model_type": "x", "torch_dtype": "bfloat16"}"""u8.ToArray();
        }
    }

    /// <summary>The folders of base and models.</summary>
    public static IReadOnlyList<string> Names { get; } = ["base", "ft1", "ft2", "ft3"];

    /// <summary>The folder that the models are in.</summary>
    public string Root { get; }

    /// <summary>The tensors of base and models.</summary>
    public IReadOnlyList<IReadOnlyList<StoredTensor>> Tensors { get; }

    /// <summary>All files, by path below the root.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>Puts the files on disk.</summary>
    public EngineScene Write()
    {
        foreach (var (name, content) in _files)
        {
            var path = Path.Combine(Root, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
        return this;
    }

    /// <summary>A recipe of this scene's models.</summary>
    public RecipeSource Recipe(string name, string? dtype = null)
    {
        var text = Recipes[name];
        var method = text.Split('\n')[0]["merge_method: ".Length..];
        var count = method switch { "slerp" or "passthrough" => 1, _ => 3 };
        var weight = method is "slerp" or "passthrough" or "model_stock" ? "" : "\n  parameters: {weight: 0.W}";
        var models = string.Concat(Enumerable.Range(1, count).Select(i =>
            $"\n- model: {Root}/{Names[i]}{weight.Replace("W", $"{i * 3}", StringComparison.Ordinal)}"));
        var hasBase = method is not ("linear" or "passthrough");
        return RecipeSource.Yaml(
            text + (hasBase ? $"\nbase_model: {Root}/base" : "") + "\nmodels:" + models
                + (dtype is null ? "" : $"\nout_dtype: {dtype}"), name);
    }

    static List<StoredTensor> Model(int model, string dtype)
    {
        var tensors = Shapes.Select(shape =>
        {
            var random = new Random(17 + shape.Name.Length);
            var deltas = new Random(1000 * model + shape.Name.Length);
            var values = new float[shape.Shape.Aggregate(1L, (product, d) => product * d)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)(random.NextDouble() - 0.5);
                if (model > 0) values[i] += (deltas.Next(9) - 4) * 0.03125f;
            }
            return new StoredTensor(
                shape.Name, dtype, shape.Shape,
                    EncodedTensor.Of(KernelDTypes.Of(Enum.Parse<DType>(dtype)), values).Bytes);
        }).ToList();
        tensors.Add(new("ids", "I64", [16], [.. Enumerable.Range(0, 128).Select(i => (byte)(i + model))]));
        return tensors;
    }
}

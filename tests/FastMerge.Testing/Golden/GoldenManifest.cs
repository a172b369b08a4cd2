using System.Text.Json;

namespace FastMerge.Testing.Golden;

/// <summary>
/// How far a candidate may be from the golden output. <c>exact</c>: the same bits. <c>close</c>: every element within
/// RelTol |y| + AbsTolOfMax max|y|. <c>ulp</c>: at most MaxUlp units in the last place, in at most the fraction
/// MaxFraction of a tensor's elements. <c>select</c>: like close, but the fraction MaxFraction may be out.
/// </summary>
public sealed record GoldenTolerance(
    string Kind, double RelTol = 0, double AbsTolOfMax = 0, int MaxUlp = 0, double MaxFraction = 0);

/// <summary>A case of a golden manifest: a recipe, its inputs and how its output is judged.</summary>
public sealed record GoldenCase(string Name, string Method, string Inputs, GoldenTolerance Tolerance, int SampleStride)
{
    /// <summary>Whether the input checkpoints are part of the golden folder.</summary>
    public bool HasInputs { get; init; }

    /// <summary>Where the product differs on purpose; null where it agrees.</summary>
    public string? Deviation { get; init; }

    /// <summary>Tensors that then differ; none if only files other than weights do.</summary>
    public IReadOnlyList<string> DeviatingTensors { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>MANIFEST.json of a golden folder.</summary>
public sealed record GoldenManifest(string Folder, IReadOnlyList<GoldenCase> Cases)
{
    public static GoldenManifest Load(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "MANIFEST.json")));
        var inputs = json.RootElement.GetProperty("inputs");
        var cases = json.RootElement.GetProperty("cases").EnumerateArray();
        return new(folder, [.. cases.Select(c => ReadCase(c, inputs))]);
    }

    /// <summary>The folder of a case: its recipe config.yml and expected output.</summary>
    public string CaseFolder(GoldenCase golden) => Path.Combine(Folder, golden.Name);

    /// <summary>The folder that holds the case's input checkpoints.</summary>
    public string InputFolder(GoldenCase golden) => Path.Combine(Folder, "inputs", golden.Inputs);

    static GoldenCase ReadCase(JsonElement json, JsonElement inputs)
    {
        var tolerance = json.GetProperty("tolerance");
        var inputName = json.GetProperty("inputs").GetString()!;
        return new(
            json.GetProperty("name").GetString()!,
            json.GetProperty("method").GetString()!,
            inputName,
            new(tolerance.GetProperty("kind").GetString()!,
                Number(tolerance, "rtol"), Number(tolerance, "atol_rel"),
                (int)Number(tolerance, "max_ulp"), Number(tolerance, "frac")),
            Math.Max(1, (int)Number(json, "sample_stride")))
        {
            Deviation = json.TryGetProperty("deviation", out var deviation) ? deviation.GetString() : null,
            DeviatingTensors = json.TryGetProperty("deviating_tensors", out var names)
                ? [.. names.EnumerateArray().Select(n => n.GetString()!)] : [],
            HasInputs = inputs.TryGetProperty(inputName, out var input) && input.GetProperty("stored").GetBoolean(),
        };
    }

    static double Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : 0;
}

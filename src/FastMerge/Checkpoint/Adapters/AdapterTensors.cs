using System.Text.RegularExpressions;
using FastMerge.Core;

namespace FastMerge.Checkpoint.Adapters;

/// <summary>The factors of one update, as they are stored.</summary>
/// <param name="Module">The module that is updated, as the base names it.</param>
/// <param name="Place">Which of several updates of the module; they belong to different parameters of it.</param>
/// <param name="A">The factor that inputs meet first, r rows.</param>
/// <param name="B">The other one.</param>
/// <param name="IsEmbedding">Whether the product is transposed: one row for each entry of a vocabulary.</param>
/// <param name="Magnitude">The norms of the rows of the result (DoRA).</param>
/// <param name="Bias">What is added, scaled alike, to the module's bias.</param>
sealed record AdapterModule(
    string Module, int Place, InputTensor A, InputTensor B, bool IsEmbedding, InputTensor? Magnitude,
    InputTensor? Bias);

/// <summary>The tensors of an adapter's file by what they are for.</summary>
sealed partial class AdapterTensors
{
    const string Wrapper = "base_layer";
    static readonly string[] Prefixes = ["base_model.model.", "base_model."];

    readonly string _path;

    AdapterTensors(string path) => _path = path;

    /// <summary>The updates, by module.</summary>
    public required IReadOnlyList<AdapterModule> Modules { get; init; }

    /// <summary>Tensors that replace those of the base, under their names there.</summary>
    public required IReadOnlyDictionary<string, InputTensor> Saved { get; init; }

    /// <summary>Sorts the tensors of a file.</summary>
    /// <exception cref="FastMergeException">Input: a factor is missing or is there twice, or its shape or dtype is
    /// none of a factor.</exception>
    public static AdapterTensors Of(IEnumerable<InputTensor> tensors, bool hasMagnitudes, string path)
    {
        var parts = new SortedDictionary<(string Module, int Place), Dictionary<string, InputTensor>>();
        var saved = new SortedDictionary<string, InputTensor>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var name = WithoutPrefix(tensor.Spec.Name);
            if (Factor().Match(name) is { Success: true } match)
            {
                var module = match.Groups["module"].Value;
                var place = module.Split('.').Reverse().TakeWhile(w => w == Wrapper).Count();
                var key = (Plain(module), place);
                if (!parts.TryGetValue(key, out var found)) parts[key] = found = new(StringComparer.Ordinal);
                if (!found.TryAdd(match.Groups["part"].Value + match.Groups["bias"].Value, tensor))
                    throw Twice(tensor, path);
            }
            else if (!saved.TryAdd(Plain(name), tensor)) throw Twice(tensor, path);
        }
        var sorted = new AdapterTensors(path) { Modules = [], Saved = saved };
        return new(path)
        {
            Modules = [.. parts.Select(p => sorted.ModuleOf(p.Key.Module, p.Key.Place, p.Value, hasMagnitudes))],
            Saved = saved,
        };
    }

    AdapterModule ModuleOf(string module, int place, Dictionary<string, InputTensor> parts, bool hasMagnitudes)
    {
        var embedding = parts.ContainsKey("embedding_A") || parts.ContainsKey("embedding_B");
        var (nameA, nameB) = embedding ? ("embedding_A", "embedding_B") : ("A", "B");
        var (a, b) = (Matrix(module, parts, nameA), Matrix(module, parts, nameB));
        foreach (var extra in parts.Keys.Except([nameA, nameB, "magnitude_vector", "B.bias"]))
            throw Bad(parts[extra], "is no part of a LoRA of this kind of module");
        var magnitude = parts.GetValueOrDefault("magnitude_vector");
        if (magnitude is not null && !hasMagnitudes)
            throw Bad(magnitude, "belongs to a DoRA, and use_dora is not set");
        if (magnitude is null && hasMagnitudes)
            throw SafetensorsHeader.Bad(_path, $"module {SafetensorsHeader.Quote(module)} has no "
                + "lora_magnitude_vector, and use_dora is set");
        var bias = parts.GetValueOrDefault("B.bias");
        foreach (var tensor in new[] { a, b, magnitude, bias }.OfType<InputTensor>())
            if (!tensor.Spec.DType.IsComputable())
                throw Bad(tensor, $"has dtype {tensor.Spec.DType}; accepted: F64, F32, F16, BF16, F8_E4M3, F8_E5M2");
        return new(module, place, a, b, embedding, magnitude, bias);
    }

    InputTensor Matrix(string module, Dictionary<string, InputTensor> parts, string part)
    {
        if (!parts.TryGetValue(part, out var tensor))
            throw SafetensorsHeader.Bad(_path, $"module {SafetensorsHeader.Quote(module)} has no lora_{part}");
        return tensor.Spec.Shape.Length >= 2 && tensor.Spec.ElementCount > 0 ? tensor
            : throw Bad(tensor, $"has shape {tensor.Spec.ShapeText}; accepted: a matrix");
    }

    FastMergeException Bad(InputTensor tensor, string problem) =>
        SafetensorsHeader.Bad(_path, $"tensor {SafetensorsHeader.Quote(tensor.Spec.Name)} {problem}");

    static FastMergeException Twice(InputTensor tensor, string path) => SafetensorsHeader.Bad(
        path, $"tensor {SafetensorsHeader.Quote(tensor.Spec.Name)} is there twice, under two names of one meaning");

    static string WithoutPrefix(string name) =>
        Prefixes.FirstOrDefault(p => name.StartsWith(p, StringComparison.Ordinal)) is { } prefix
            ? name[prefix.Length..] : name;

    /// <summary>A name without the words that stand for PEFT's wrappers.</summary>
    static string Plain(string name)
    {
        string[] words = name.Split('.');
        var kept = words.Where((w, i) => w is not (Wrapper or "modules_to_save")
            && !(w == "default" && i > 0 && words[i - 1] == "modules_to_save"));
        return string.Join('.', kept);
    }

    [GeneratedRegex(@"^(?<module>.+)\.lora_(?<part>embedding_A|embedding_B|magnitude_vector|A|B)(?:\.default)?"
        + @"(?:\.weight|(?<bias>\.bias))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Factor();
}

using System.Text.Json.Nodes;

namespace FastMerge.Checkpoint;

/// <summary>Recognizes weights that are codes of a quantizer: they cannot be merged as numbers.</summary>
static class Quantization
{
    const string Blocks = "_blocks", Scales = "_scales";

    static readonly (string Suffix, string Name)[] TensorSuffixes =
    [
        (".weight_scale_inv", "fp8 blocks"), (".qweight", "GPTQ or AWQ"), (".weight_packed", "compressed-tensors"),
        (".weight.absmax", "bitsandbytes"),
    ];

    /// <summary>The quantizer's name from configuration or tensor names; null for plain weights.</summary>
    public static string? Detect(JsonObject? config, IEnumerable<string> tensors)
    {
        if (config?["quantization_config"] is JsonObject quantization)
            return JsonText.StringAt(quantization, "quant_method") ?? "an unnamed quantizer";
        foreach (var tensor in tensors)
        {
            var isBlocks = tensor.EndsWith(Blocks, StringComparison.Ordinal);
            if (isBlocks && tensors.Contains(tensor[..^Blocks.Length] + Scales)) return "mxfp4";
            foreach (var (suffix, name) in TensorSuffixes)
            {
                if (tensor.EndsWith(suffix, StringComparison.Ordinal)) return name;
            }
        }
        return null;
    }
}

using System.Globalization;
using System.Text;
using FastMerge.Checkpoint;

namespace FastMerge.Plan;

/// <summary>
/// The text of all that decides the bytes of an output: method, values, seed, and each tensor with its inputs,
/// which are named by the hashes of their headers. No paths, times, threads or chunks.
/// </summary>
static class PlanIdentity
{
    /// <summary>Writes the text as UTF-8.</summary>
    public static byte[] Write(PlannedMerge plan, ulong seed, bool zeroNonFinite, string toolVersion)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{toolVersion}\n{plan.Recipe.Method.Signature.Name}\nseed {seed}\nzero {zeroNonFinite}\nname "
                + $"{plan.Recipe.Recipe.Name}\n");
        var headers = new Dictionary<InputShard, int>();
        var works = new Dictionary<TensorWork, int>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in plan.Tensors)
        {
            var output = tensor.Output;
            text.Append(output.Name).Append('\0').Append(output.DType).Append(output.ShapeText);
            text.Append(CultureInfo.InvariantCulture,
                $" {WorkNumber(tensor.Work, works, text)}{(tensor.Base is null ? "" : " base")}");
            foreach (var input in tensor.Inputs)
                text.Append(CultureInfo.InvariantCulture,
                    $" {HeaderNumber(input.Shard, headers, text)}:{input.FileOffset}:{input.Spec.DType}");
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    static string WorkNumber(TensorWork? work, Dictionary<TensorWork, int> known, StringBuilder text)
    {
        if (work is null) return "copy";
        if (!known.TryGetValue(work, out var number))
        {
            known[work] = number = known.Count;
            text.Append(CultureInfo.InvariantCulture, $"\nwork {number} round {work.InputRounding}");
            text.Append(' ').Append(work.Values.Switches.Text);
            foreach (var file in work.Values.Files) text.Append(" file ").Append(file);
            foreach (var (parameter, values) in work.Values.All.OrderBy(v => v.Key.Name, StringComparer.Ordinal))
                text.Append(CultureInfo.InvariantCulture, $" {parameter.Name}="
                    + $"{string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}");
            text.Append('\n');
        }
        return number.ToString(CultureInfo.InvariantCulture);
    }

    static int HeaderNumber(InputShard shard, Dictionary<InputShard, int> known, StringBuilder text)
    {
        if (known.TryGetValue(shard, out var number)) return number;
        known[shard] = number = known.Count;
        text.Append(CultureInfo.InvariantCulture, $"\nheader {number} {shard.HeaderSha256} {shard.Identity.Length}\n");
        return number;
    }
}

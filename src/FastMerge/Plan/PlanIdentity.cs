using System.Globalization;
using System.Text;
using FastMerge.Checkpoint;

namespace FastMerge.Plan;

/// <summary>
/// The text of all that decides the bytes of an output: methods, values, seed, and each tensor with its inputs:
/// stored ones by the hashes of their headers, stages by what they are computed from. No paths, times, threads or
/// chunks.
/// </summary>
sealed class PlanIdentity
{
    readonly StringBuilder _text = new();
    readonly Dictionary<InputShard, int> _headers = [];
    readonly Dictionary<MergeGroup, int> _groups = [];
    readonly Dictionary<TensorWork, int> _works = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<PlannedTensor, int> _tensors = new(ReferenceEqualityComparer.Instance);

    PlanIdentity()
    {
    }

    /// <summary>Writes the text as UTF-8.</summary>
    public static byte[] Write(PlannedMerge plan, ulong seed, bool zeroNonFinite, string toolVersion)
    {
        var identity = new PlanIdentity();
        identity.Line($"{toolVersion}\nseed {seed}\nzero {zeroNonFinite}");
        foreach (var tensor in plan.Tensors) identity.Line($"output {identity.NumberOf(tensor)}");
        // A value of the whole model depends on tensors that the output need not hold.
        for (var known = 0; known < identity._groups.Count; known++)
            foreach (var tensor in identity._groups.Keys.ElementAt(known).Tensors) identity.NumberOf(tensor);
        return Encoding.UTF8.GetBytes(identity._text.ToString());
    }

    /// <summary>The number of a tensor, which is written with all that it needs when it is first met.</summary>
    int NumberOf(PlannedTensor tensor)
    {
        if (_tensors.TryGetValue(tensor, out var number)) return number;
        var work = tensor.Work is null ? "copy" : NumberOf(tensor.Work).ToString(CultureInfo.InvariantCulture);
        var inputs = string.Join(' ', tensor.Inputs.Select(NameOf));
        _tensors[tensor] = number = _tensors.Count;
        var (output, role) = (tensor.Output, tensor.Base is null ? "" : " base");
        Line($"tensor {number} {output.Name}\0{output.DType}{output.ShapeText} {work}{role} {inputs}");
        return number;
    }

    string NameOf(TensorSource source) => source switch
    {
        StoredSource { Tensor: var t } => string.Create(
            CultureInfo.InvariantCulture, $"{NumberOf(t.Shard)}:{t.FileOffset}:{t.Spec.DType}"),
        StageSource { Tensor: var t } => string.Create(CultureInfo.InvariantCulture, $"of {NumberOf(t)}"),
        AdapterSource { Inner: var inner, Update: var u } => string.Create(CultureInfo.InvariantCulture,
            $"({NameOf(inner)} + {u.Matrices} {u.Rows} {u.Columns} {u.Rank} {u.Scale:R} {NameOf(u.Left)} ")
            + $"{NameOf(u.Right)} {(u.Magnitudes is { } m ? NameOf(new StoredSource(m)) : "")})",
        _ => throw new InvalidOperationException(source.GetType().Name),
    };

    string NameOf(FactorPlacement? factor) =>
        factor is null ? "ones" : $"{NameOf(new StoredSource(factor.Tensor))}[{factor.Text}]";

    int NumberOf(TensorWork work)
    {
        if (_works.TryGetValue(work, out var number)) return number;
        var group = NumberOf(work.Group);
        var values = string.Concat(work.Values.All.OrderBy(v => v.Key.Name, StringComparer.Ordinal).Select(v =>
            $" {v.Key.Name}={string.Join(',', v.Value.Select(x => x.ToString("R", CultureInfo.InvariantCulture)))}"));
        var files = string.Concat(work.Values.Files.Select(f => $" file {f}"));
        _works[work] = number = _works.Count;
        Line($"work {number} of {group} round {work.InputRounding} {work.Values.Switches.Text}{values}{files}");
        return number;
    }

    int NumberOf(MergeGroup group)
    {
        if (_groups.TryGetValue(group, out var number)) return number;
        _groups[group] = number = _groups.Count;
        Line($"group {number} {group.Method} name {group.Stage}");
        return number;
    }

    int NumberOf(InputShard shard)
    {
        if (_headers.TryGetValue(shard, out var number)) return number;
        _headers[shard] = number = _headers.Count;
        Line($"header {number} {shard.HeaderSha256} {shard.Identity.Length}");
        return number;
    }

    void Line(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

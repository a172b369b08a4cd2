using System.Globalization;
using FastMerge.Core;

namespace FastMerge;

/// <summary>Brings tensors of several layers and experts that are made alike into one line each.</summary>
static class TensorGroups
{
    const string Hole = "{}";

    /// <summary>The groups, in the order of their first tensors.</summary>
    public static IEnumerable<TensorPlanGroup> Of(IEnumerable<TensorPlan> tensors) => tensors
        .GroupBy(t => (t.Stage, Pattern(t, t.Layer, t.Expert), t.Method, t.Passes, Words(t), Sources(t), t.Layer))
        .Select(g => (First: g.First(), Experts: Ranges(g.Select(t => t.Expert)), Tensors: g.ToArray()))
        .GroupBy(g => (g.First.Stage, Pattern(g.First, g.First.Layer, g.First.Expert), g.First.Method, g.First.Passes,
            Words(g.First), Sources(g.First), g.Experts))
        .Select(g => Group([.. g.SelectMany(e => e.Tensors)], g.Key.Experts));

    static TensorPlanGroup Group(TensorPlan[] tensors, string experts)
    {
        var first = tensors[0];
        var layers = Ranges(tensors.Select(t => t.Layer));
        var names = Pattern(first, first.Layer, first.Expert);
        if (first.Layer is not null) names = Fill(names, layers);
        if (first.Expert is not null) names = Fill(names, experts);
        return new(DisplayText.Escape(names), first.Stage, tensors.Length, first.Role, first.Method, first.Passes,
            Values(tensors), string.Join(", ", first.Sources.Select(s => Source(s, first, tensors))));
    }

    /// <summary>A name with holes for the numbers of its layer and its expert.</summary>
    static string Pattern(TensorPlan tensor, int? layer, int? expert)
    {
        var parts = tensor.Name.Split('.');
        var at = Index(parts, layer, 0);
        if (at >= 0) parts[at] = Hole;
        var expertAt = Index(parts, expert, at + 1);
        if (expertAt >= 0) parts[expertAt] = Hole;
        return string.Join('.', parts);
    }

    static int Index(string[] parts, int? number, int from) => number is { } n
        ? Array.FindIndex(parts, from, p => p == n.ToString(CultureInfo.InvariantCulture)) : -1;

    static string Fill(string pattern, string numbers)
    {
        var at = pattern.IndexOf(Hole, StringComparison.Ordinal);
        var text = numbers.AsSpan().ContainsAny(',', '-') ? $"{{{numbers}}}" : numbers;
        return at < 0 ? pattern : pattern[..at] + text + pattern[(at + Hole.Length)..];
    }

    /// <summary>The sources by model and by how their names differ from the output's.</summary>
    static string Sources(TensorPlan tensor) => string.Join('\n', tensor.Sources.Select(
        s => $"{s.Model}\n{s.IsBase}\n{(Shift(s, tensor) is { } shift ? shift : s.Tensor)}"));

    /// <summary>By how much a source's layer differs, if nothing else does; null for other names.</summary>
    static int? Shift(TensorPlanSource source, TensorPlan tensor)
    {
        if (source.Tensor == tensor.Name) return 0;
        string[] own = tensor.Name.Split('.'), other = source.Tensor.Split('.');
        var at = Index(own, tensor.Layer, 0);
        if (at < 0 || own.Length != other.Length || !int.TryParse(other[at], out var layer)) return null;
        (own[at], other[at]) = ("", "");
        return own.SequenceEqual(other) ? layer - tensor.Layer : null;
    }

    static string Source(TensorPlanSource source, TensorPlan first, TensorPlan[] tensors)
    {
        var name = DisplayText.Escape(source.Model) + (source.IsBase ? " (base)" : "");
        if (Shift(source, first) is not { } shift) return $"{name} {DisplayText.Escape(source.Tensor)}";
        var layers = Ranges(tensors.Select(t => t.Layer + shift));
        return shift == 0 ? name : $"{name} layer{(int.TryParse(layers, out _) ? "" : "s")} {layers}";
    }

    static string Words(TensorPlan tensor) =>
        string.Join(' ', tensor.Values.Where(v => v.Word is not null).Select(v => $"{v.Name}={v.Word}"));

    /// <summary>The values, as ranges where the tensors differ.</summary>
    static string Values(TensorPlan[] tensors) => string.Join(' ', tensors[0].Values.Select((value, i) =>
        $"{value.Name}={value.Word ?? string.Join(',', value.Numbers.Select((_, k) =>
            Range([.. tensors.Select(t => t.Values[i].Numbers[k])])))}"));

    static string Range(double[] numbers) => numbers.Min() == numbers.Max()
        ? Number(numbers[0]) : $"{Number(numbers.Min())}..{Number(numbers.Max())}";

    static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>As in <c>0-3,8</c>.</summary>
    static string Ranges(IEnumerable<int?> numbers)
    {
        var ranges = new List<(int From, int To)>();
        foreach (var n in numbers.OfType<int>().Distinct().Order())
            if (ranges.Count > 0 && ranges[^1].To == n - 1) ranges[^1] = (ranges[^1].From, n);
            else ranges.Add((n, n));
        return string.Join(',', ranges.Select(r => r.From == r.To ? $"{r.From}" : $"{r.From}-{r.To}"));
    }
}

using System.Globalization;
using System.Text.Json;
using FastMerge.Core;

namespace FastMerge.Cli.Rendering;

/// <summary>A comparison of two models for people and programs.</summary>
static class DiffRendering
{
    static readonly (TensorComparison Comparison, string Word, string Text)[] Verdicts =
    [
        (TensorComparison.Equal, "equal", "equal"),
        (TensorComparison.OtherDType, "other_dtype", "equal but for the dtype"),
        (TensorComparison.Changed, "changed", "changed"),
        (TensorComparison.Unlike, "unlike", "of other shape or kind"),
        (TensorComparison.OnlyInFirst, "only_in_first", "only in the first"),
        (TensorComparison.OnlyInSecond, "only_in_second", "only in the second"),
    ];

    /// <summary>The verdict, totals, and a table of the tensors that differ most.</summary>
    public static void WriteText(Session session, ModelDiff diff, int top)
    {
        var (output, colors, total) = (session.Out, session.OutColors, diff.Total);
        Fact("first", Display.Name(diff.First));
        Fact("second", Display.Name(diff.Second));
        var counts = Verdicts.Select(v => (v.Text, Count: diff.Tensors.Count(t => t.Comparison == v.Comparison)));
        Fact("tensors", diff.IsEqual ? $"{Display.Count(diff.Tensors.Count)}, all equal"
            : string.Join(", ", counts.Where(c => c.Count > 0).Select(c => $"{Display.Count(c.Count)} {c.Text}")));
        Fact("values", $"{Display.Count(total.Changed)} of {Display.Count(total.Elements)} changed "
            + $"({Share(total)}), largest difference {Number(total.LargestDifference)}"
            + (total.NonFinite > 0 ? $", {Display.Count(total.NonFinite)} NaN or Inf" : ""));
        Fact("norms", $"{Number(total.FirstNorm)} and {Number(total.SecondNorm)}, difference "
            + $"{Number(total.DifferenceNorm)}, relative {Number(total.RelativeDifference)}, cosine "
            + Number(total.Cosine));
        TensorDiff[] differing = [.. diff.ByDifference().Where(t => t.Comparison != TensorComparison.Equal)];
        if (differing.Length > 0)
        {
            output.WriteLine();
            Table(differing.Take(top)).Write(output, colors);
        }
        if (differing.Length > top)
            output.WriteLine($"and {Display.Count(differing.Length - top)} more that differ; --top shows more");
        foreach (var warning in diff.Warnings) session.Warn(warning);

        void Fact(string name, string text) => output.WriteLine($"{colors.Bold(name.PadRight(7))} {text}");
    }

    /// <summary>A <c>tensor_diff</c> event for each tensor, or the first few by difference, then <c>diff</c>.</summary>
    public static void WriteJson(Session session, ModelDiff diff, int? top)
    {
        foreach (var tensor in top is { } most ? diff.ByDifference().Take(most) : diff.Tensors)
            session.Json.Write("tensor_diff", json =>
            {
                json.WriteString("name", tensor.Name);
                json.WriteString("comparison", Verdicts.First(v => v.Comparison == tensor.Comparison).Word);
                Write(json, "first", tensor.First);
                Write(json, "second", tensor.Second);
                if (tensor.Numbers is { } numbers) Write(json, numbers);
            });
        session.Json.Write("diff", json =>
        {
            json.WriteString("first", diff.First);
            json.WriteString("second", diff.Second);
            json.WriteBoolean("equal", diff.IsEqual);
            json.WriteNumber("tensors", diff.Tensors.Count);
            json.WriteStartObject("counts");
            foreach (var (comparison, word, _) in Verdicts)
                json.WriteNumber(word, diff.Tensors.Count(t => t.Comparison == comparison));
            json.WriteEndObject();
            Write(json, diff.Total);
            json.WriteStrings("warnings", diff.Warnings);
        });
    }

    static void Write(Utf8JsonWriter json, string name, TensorSpec? spec)
    {
        if (spec is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartObject(name);
        json.WriteString("dtype", spec.DType.ToString());
        json.WriteStartArray("shape");
        foreach (var length in spec.Shape) json.WriteNumberValue(length);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    static void Write(Utf8JsonWriter json, DiffNumbers numbers)
    {
        json.WriteNumber("elements", numbers.Elements);
        json.WriteNumber("changed_elements", numbers.Changed);
        json.WriteNumber("changed_share", numbers.ChangedShare);
        json.WriteNumber("non_finite", numbers.NonFinite);
        Write("first_norm", numbers.FirstNorm);
        Write("second_norm", numbers.SecondNorm);
        Write("difference_norm", numbers.DifferenceNorm);
        Write("relative_difference", numbers.RelativeDifference);
        Write("cosine", numbers.Cosine);
        Write("largest_difference", numbers.LargestDifference);

        void Write(string name, double? value)
        {
            if (value is { } number && double.IsFinite(number)) json.WriteNumber(name, number);
            else json.WriteNull(name);
        }
    }

    static TextTable Table(IEnumerable<TensorDiff> tensors)
    {
        var table = new TextTable("tensor", "dtypes", ">changed", ">relative", ">cosine", ">largest", "verdict");
        foreach (var t in tensors)
            table.Add(Display.Name(t.Name), Both(t, s => s.DType.ToString()), t.Numbers is null ? "" : Share(t.Numbers),
                Number(t.Numbers?.RelativeDifference), Number(t.Numbers?.Cosine), Number(t.Numbers?.LargestDifference),
                t.Comparison == TensorComparison.Unlike ? Both(t, s => s.ShapeText)
                    : Verdicts.First(v => v.Comparison == t.Comparison).Text);
        return table;
    }

    static string Both(TensorDiff tensor, Func<TensorSpec, string> text) => string.Join(" / ",
        new[] { tensor.First, tensor.Second }.OfType<TensorSpec>().Select(text).Distinct());

    static string Share(DiffNumbers numbers) =>
        (100 * numbers.ChangedShare).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    static string Number(double? value) => value?.ToString("G6", CultureInfo.InvariantCulture) ?? "";
}

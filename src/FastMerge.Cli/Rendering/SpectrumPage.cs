using System.Globalization;
using System.Net;
using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Cli.Rendering;

/// <summary>Spectra as a page of its own: a table, and for each matrix its energy curve as SVG. No scripts.</summary>
static class SpectrumPage
{
    const int Width = 120;
    const int Height = 60;

    const string Style = """
        body { font: 14px system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
        table { border-collapse: collapse; } th, td { padding: 4px 10px; border-bottom: 1px solid #ddd; }
        td { text-align: right; } td:first-child, th:first-child { text-align: left; font-family: monospace; }
        th { text-align: right; position: sticky; top: 0; background: #fff; }
        svg { display: block; } .frame { fill: none; stroke: #bbb; } .even { stroke: #ddd; }
        .curve { fill: none; stroke: #1565c0; stroke-width: 1.5; }
        """;

    /// <summary>Fails where no page can be written.</summary>
    /// <exception cref="FastMergeException">Usage.</exception>
    public static void RequirePlace(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (!Directory.Exists(folder) || Directory.Exists(path))
            throw new FastMergeException(FailureKind.Usage,
                $"--html {DisplayText.Escape(path)} is no place for a file; accepted: a file in a folder that exists");
    }

    /// <summary>Writes the page; it is whole or not there.</summary>
    /// <exception cref="FastMergeException">Io.</exception>
    public static void Save(string path, ModelSpectra spectra) => TextFile.Replace(path, Write(spectra));

    /// <summary>The page.</summary>
    public static string Write(ModelSpectra spectra)
    {
        var title = $"Spectrum of {Text(spectra.Model)}" + (spectra.Base is { } b ? $" minus {Text(b)}" : "");
        var page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
            .Append($"<title>{title}</title><style>{Style}</style></head><body>\n<h1>{title}</h1>\n<p>")
            .Append($"{spectra.Matrices.Count} matrices, computed with {Text(spectra.Library)}. The curve shows which ")
            .Append("share of the energy (the sum of squared singular values) the leading part of them holds.</p>\n")
            .Append("<table><tr><th>matrix</th><th>shape</th><th>nuclear norm</th><th>Frobenius norm</th>")
            .Append("<th>spectral norm</th><th>effective rank</th><th>stable rank</th>");
        foreach (var share in MatrixSpectrumReport.EnergyShares)
            page.Append(CultureInfo.InvariantCulture, $"<th>rank of {share * 100} %</th>");
        page.Append("<th>energy</th></tr>\n");
        foreach (var m in spectra.Matrices) Row(page, m);
        return page.Append("</table>\n</body></html>\n").ToString();
    }

    static void Row(StringBuilder page, MatrixSpectrumReport m)
    {
        page.Append($"<tr><td>{Text(SpectrumRendering.Name(m))}</td><td>{m.Rows} &times; {m.Columns}</td>");
        if (m.NonFinite > 0)
        {
            page.Append($"<td colspan=\"10\">{m.NonFinite} NaN or Inf</td></tr>\n");
            return;
        }
        foreach (var number in new[]
            { m.NuclearNorm, m.FrobeniusNorm, m.SpectralNorm, m.EffectiveRank, m.StableRank })
            page.Append($"<td>{SpectrumRendering.Number(number)}</td>");
        foreach (var rank in m.RankOf) page.Append($"<td>{rank}</td>");
        page.Append($"<td>{Curve(m.EnergyCurve)}</td></tr>\n");
    }

    static string Curve(IReadOnlyList<double> shares)
    {
        var points = string.Join(' ', shares.Select((share, i) => string.Create(CultureInfo.InvariantCulture,
            $"{(double)i / (shares.Count - 1) * Width:0.##},{(1 - share) * Height:0.##}")));
        return $"<svg width=\"{Width + 2}\" height=\"{Height + 2}\" viewBox=\"-1 -1 {Width + 2} {Height + 2}\">"
            + $"<rect class=\"frame\" width=\"{Width}\" height=\"{Height}\"/>"
            + $"<line class=\"even\" x1=\"0\" y1=\"{Height}\" x2=\"{Width}\" y2=\"0\"/>"
            + $"<polyline class=\"curve\" points=\"{points}\"/></svg>";
    }

    static string Text(string text) => WebUtility.HtmlEncode(text);
}

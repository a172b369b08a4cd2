using System.Globalization;

namespace FastMerge.Cli.Rendering;

/// <summary>Spectra for people and programs.</summary>
static class SpectrumRendering
{
    /// <summary>A table of the first matrices.</summary>
    public static void WriteText(Session session, ModelSpectra spectra, int top, string? page)
    {
        var (output, colors) = (session.Out, session.OutColors);
        Fact("model", Display.Name(spectra.Model));
        if (spectra.Base is { } before) Fact("base", Display.Name(before) + " (subtracted)");
        Fact("tensors",
            $"{Display.Count(spectra.Matrices.Count)} matrices, {Display.Count(spectra.Left.Count)} without");
        if (page is not null) Fact("page", Display.Name(page));
        output.WriteLine();
        var table = new TextTable(
            "matrix", ">rows", ">columns", ">nuclear", ">Frobenius", ">spectral", ">effective rank", ">stable rank",
            ">50 %", ">90 %", ">95 %", ">99 % of energy");
        foreach (var m in spectra.Matrices.Take(top))
            table.Add([
                Name(m), Display.Count(m.Rows), Display.Count(m.Columns), Number(m.NuclearNorm),
                Number(m.FrobeniusNorm), Number(m.SpectralNorm), Number(m.EffectiveRank), Number(m.StableRank),
                .. m.RankOf.Select(Display.Count)]);
        table.Write(output, colors);
        if (spectra.Matrices.Count > top)
            output.WriteLine($"and {Display.Count(spectra.Matrices.Count - top)} more; --top shows more");
        foreach (var m in spectra.Matrices.Where(m => m.NonFinite > 0))
            session.Warn($"tensor {Name(m)}: {m.NonFinite} NaN or Inf; it has no spectrum");
        foreach (var warning in spectra.Warnings) session.Warn(warning);

        void Fact(string name, string text) => output.WriteLine($"{colors.Bold(name.PadRight(7))} {text}");
    }

    /// <summary>A <c>spectrum</c> event for each matrix, then <c>spectra</c>.</summary>
    public static void WriteJson(Session session, ModelSpectra spectra)
    {
        foreach (var m in spectra.Matrices)
            session.Json.Write("spectrum", json =>
            {
                json.WriteString("name", m.Name);
                if (m.Index is { } index) json.WriteNumber("index", index);
                json.WriteNumber("rows", m.Rows);
                json.WriteNumber("columns", m.Columns);
                json.WriteNumber("nonfinite", m.NonFinite);
                json.WriteNumber("nuclear_norm", m.NuclearNorm);
                json.WriteNumber("frobenius_norm", m.FrobeniusNorm);
                json.WriteNumber("spectral_norm", m.SpectralNorm);
                json.WriteNumber("effective_rank", m.EffectiveRank);
                json.WriteNumber("stable_rank", m.StableRank);
                json.WriteStartObject("rank_of_energy");
                foreach (var (share, rank) in MatrixSpectrumReport.EnergyShares.Zip(m.RankOf))
                    json.WriteNumber(share.ToString(CultureInfo.InvariantCulture), rank);
                json.WriteEndObject();
                json.WriteStartArray("energy_curve");
                foreach (var share in m.EnergyCurve) json.WriteNumberValue(share);
                json.WriteEndArray();
            });
        session.Json.Write("spectra", json =>
        {
            json.WriteString("model", spectra.Model);
            json.WriteString("base", spectra.Base);
            json.WriteNumber("matrices", spectra.Matrices.Count);
            json.WriteStrings("without", spectra.Left);
            json.WriteString("library", spectra.Library);
            json.WriteStrings("warnings", spectra.Warnings);
        });
    }

    /// <summary><c>layers.0.mlp.experts[3]</c>.</summary>
    public static string Name(MatrixSpectrumReport m) => Display.Name(m.Name) + (m.Index is { } i ? $"[{i}]" : "");

    /// <summary>Four digits.</summary>
    public static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}

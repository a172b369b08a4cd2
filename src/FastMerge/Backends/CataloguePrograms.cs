using System.Text;

namespace FastMerge.Backends;

/// <summary>A program that a method of the catalogue has for a number of models.</summary>
sealed record CatalogueProgram(string Name, int Models, ElementProgram Program);

/// <summary>Writes the words of the catalogue's programs as C arrays, for native tests and benchmarks.</summary>
static class CataloguePrograms
{
    /// <summary>The text of fm_programs.inl.</summary>
    public static string Write(IEnumerable<CatalogueProgram> programs)
    {
        var text = new StringBuilder("/* Written by FastMerge.KernelGen from the method catalogue. */\n");
        var entries = new StringBuilder();
        var variants = new Dictionary<string, int>();
        foreach (var group in programs.GroupBy(p => p.Program.Hash()).OrderBy(g => g.Key))
        {
            var method = group.First().Name;
            var variant = variants[method] = variants.GetValueOrDefault(method) + 1;
            var words = group.First().Program.ToWords();
            text.Append($"static const uint32_t fm_words_{group.Key:x16}[] = {{");
            for (var i = 0; i < words.Length; i++)
                text.Append(i % 16 == 0 ? "\n  " : " ").Append(words[i]).Append("u,");
            text.Append("\n};\n");
            entries.Append($"  {{\"{method}.{variant}\", fm_words_{group.Key:x16}, {words.Length}}},\n");
        }
        return text.Append("static const fm_program_words fm_programs[] = {\n").Append(entries).Append("};\n")
            .ToString();
    }
}

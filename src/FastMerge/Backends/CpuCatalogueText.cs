using System.Text;

namespace FastMerge.Backends;

/// <summary>
/// Writes the generated kernels of the CPU: for each program one kernel for each small number of models that its
/// methods take, but for the oldest level (FM_LOOPED_ONLY), and one that loops over any number; for each pair of dtypes
/// that merges commonly have.
/// </summary>
static class CpuCatalogueText
{
    const int HashBits = 3;

    static readonly (KernelDType Input, KernelDType Output)[] DTypes =
    [
        (KernelDType.BF16, KernelDType.BF16), (KernelDType.F16, KernelDType.F16),
        (KernelDType.F32, KernelDType.F32), (KernelDType.BF16, KernelDType.F32),
    ];

    /// <summary>The text of fm_catalogue.inl: parts by pair of dtypes and first bits of a program's hash,
    /// each compiled by itself.</summary>
    public static string Write(IEnumerable<CatalogueProgram> programs)
    {
        var groups = programs.GroupBy(p => p.Program.Hash()).OrderBy(g => g.Key).ToArray();
        var parts = DTypes.Length << HashBits;
        var text = new StringBuilder("/* Written by FastMerge.KernelGen from the method catalogue. */\n")
            .Append("#if FM_CATALOGUE_PARTS != ").Append(parts)
            .Append("\n#error \"the catalogue has ").Append(parts).Append(" parts\"\n#endif\n");
        for (var part = 0; part < parts; part++)
            WritePart(part, [.. groups.Where(g => (int)(g.Key >> (64 - HashBits)) == part % (1 << HashBits))], text);
        return text.ToString();
    }

    static void WritePart(int part, IGrouping<ulong, CatalogueProgram>[] groups, StringBuilder text)
    {
        var (input, output) = DTypes[part >> HashBits];
        var entries = new List<string>();
        text.Append("\n#if FM_CATALOGUE_PART == ").Append(part).Append('\n');
        foreach (var group in groups)
        {
            if (group.First().Program.Outputs == 0)
            {
                if (input == output && input is KernelDType.BF16 or KernelDType.F32)
                    WriteSinkKernel(group, input, text, entries);
                continue;
            }
            text.Append("\n/* ").AppendJoin(", ", group.Select(p => p.Name).Distinct()).Append(" */\n");
            WriteKernels(group, input, output, text, entries);
        }
        text.Append("\nstatic const fm_catalogue_entry fm_catalogue[] = {\n")
            .AppendJoin("", entries).Append("  {0, 0, 0, 0, 0, nullptr}};\n")
            .Append("static const fm_i64 fm_catalogue_count =\n")
            .Append("    sizeof(fm_catalogue) / sizeof(fm_catalogue[0]) - 1;\n#endif\n");
    }

    static void WriteKernels(
        IGrouping<ulong, CatalogueProgram> group, KernelDType input, KernelDType output, StringBuilder text,
        List<string> entries)
    {
        var (program, hash) = (group.First().Program, group.Key);
        var suffix = $"{KernelText.Tag(input)}_{KernelText.Tag(output)}";
        text.Append("#if !defined(FM_LOOPED_ONLY)\n");
        entries.Add("#if !defined(FM_LOOPED_ONLY)\n");
        foreach (var models in group.Select(p => p.Models).Distinct().Order())
        {
            var name = $"fm_kernel_{hash:x16}_k{models}_{suffix}";
            text.Append(UnrolledKernelText.Write(program, name, models, input, output));
            entries.Add(Entry(hash, models, input, output, 0, name));
        }
        text.Append("#endif\n");
        entries.Add("#endif\n");
        var looped = $"fm_kernel_{hash:x16}_any_{suffix}";
        var (body, tiles) = LoopedKernelText.Write(program, looped, input, output);
        text.Append(body);
        entries.Add(Entry(hash, -1, input, output, tiles, looped));
    }

    /// <summary>A kernel for any number of models that leaves tiles of binary32 for the sinks.</summary>
    static void WriteSinkKernel(
        IGrouping<ulong, CatalogueProgram> group, KernelDType input, StringBuilder text, List<string> entries)
    {
        var name = $"fm_sinks_{group.Key:x16}_{KernelText.Tag(input)}";
        var (body, tiles) = LoopedKernelText.Write(group.First().Program, name, input, KernelDType.F32);
        text.Append("\n/* before ").AppendJoin(", ", group.Select(p => p.Name).Distinct()).Append(" */\n").Append(body);
        entries.Add(Entry(group.Key, -1, input, KernelDType.F32, tiles, name));
    }

    static string Entry(ulong hash, int models, KernelDType input, KernelDType output, int tiles, string name) =>
        $"  {{0x{hash:x16}ull, {models}, {(int)input}, {(int)output}, {tiles}, {name}}},\n";
}

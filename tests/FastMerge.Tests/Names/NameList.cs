using System.Globalization;
using System.Text.Json.Nodes;
using FastMerge.Core;
using FastMerge.Names;
using FastMerge.Testing;

namespace FastMerge.Tests.Names;

/// <summary>A list of a model's names under tests/names, with what each is.</summary>
sealed record NameList(string File, string Family, JsonObject? Config, IReadOnlyList<TensorName> Names)
{
    const string FamilyLine = "# family ", ConfigLine = "# config ";

    static readonly string Folder = RepositoryFolder.Combine("tests/names");

    /// <summary>The files.</summary>
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*.txt")
        .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>All lists.</summary>
    public static IEnumerable<NameList> All => Files.Select(Read);

    /// <summary>What the program says of the names.</summary>
    public ModelNames Model => ModelNames.Of(Config, Names.Select(n => n.Text));

    /// <summary>Reads a list.</summary>
    public static NameList Read(string file)
    {
        var lines = System.IO.File.ReadAllLines(Path.Combine(Folder, file + ".txt"));
        var config = lines[1][ConfigLine.Length..];
        return new(file, lines[0][FamilyLine.Length..],
            config == "none" ? null : JsonNode.Parse(config)!.AsObject(),
            [.. lines.Where(l => !l.StartsWith('#')).Select(Name)]);
    }

    static TensorName Name(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var flags = words[4].Split(',');
        return new(words[6], words[5] == "-" ? "" : words[5], Enum.Parse<TensorStage>(words[1], ignoreCase: true),
            Number(words[2]), Number(words[3]), TensorRoleWords.Find(words[0])!.Value, flags.Contains("vocab"),
            flags.Contains("optional"));
    }

    static int? Number(string word) => word == "-" ? null : int.Parse(word, CultureInfo.InvariantCulture);
}

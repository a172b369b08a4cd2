using FastMerge.Core;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FastMerge.Recipe;

/// <summary>Reads a recipe for formatting: what is written, how, and the comments that the YAML parser drops.</summary>
sealed class FormatReader
{
    readonly string _fileName;
    readonly string[] _lines;
    readonly IParser _parser;
    readonly List<(long From, long To)> _scalars = [];

    FormatReader(string text, string fileName) =>
        (_fileName, _lines, _parser) = (fileName, text.Split('\n'), new Parser(new StringReader(text)));

    /// <summary>The documents of a text that has been read without failure before.</summary>
    /// <exception cref="FastMergeException">Recipe: something in it would be lost.</exception>
    public static IReadOnlyList<FormatDocument> Read(string text, string fileName)
    {
        var reader = new FormatReader(text, fileName);
        var documents = reader.ReadDocuments();
        reader.Attach(documents);
        return documents;
    }

    List<FormatDocument> ReadDocuments()
    {
        var documents = new List<FormatDocument>();
        _parser.MoveNext();
        for (_parser.MoveNext(); _parser.Current is DocumentStart start; _parser.MoveNext())
        {
            if (start.Version is not null || start.Tags?.Any(t => t.Handle is not ("!" or "!!")) == true)
                throw Loss(start.Start, "a directive");
            _parser.MoveNext();
            var root = ReadNode();
            if (root is FormatCollection) documents.Add(new(root, (int)start.Start.Line));
            _parser.MoveNext();
        }
        return documents;
    }

    FormatNode ReadNode()
    {
        if (_parser.Current is not NodeEvent node || !node.Anchor.IsEmpty)
            throw Loss(_parser.Current!.Start, "an anchor or alias");
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific) throw Loss(node.Start, "a tag");
        if (node is Scalar scalar) return ReadScalar(scalar);
        var (isMap, isFlow) = node is MappingStart map ? (true, map.Style == MappingStyle.Flow)
            : (false, ((SequenceStart)node).Style == SequenceStyle.Flow);
        var collection = new FormatCollection(isMap, isFlow, node.Start);
        for (_parser.MoveNext(); _parser.Current is not (MappingEnd or SequenceEnd); _parser.MoveNext())
            collection.Add(isMap ? new(ReadKey(), ReadNode()) : new(null, ReadNode()));
        collection.End = _parser.Current.End;
        collection.IsOnOneLine = isFlow && collection.End.Line == collection.Start.Line;
        return collection;
    }

    FormatScalar ReadKey()
    {
        var key = (FormatScalar)ReadNode();
        if (key is { IsPlain: true, Text: "<<" }) throw Loss(key.Start, "a merge key");
        _parser.MoveNext();
        return key;
    }

    FormatScalar ReadScalar(Scalar scalar)
    {
        if (scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded
            && _lines[scalar.Start.Line - 1].Contains('#', StringComparison.Ordinal))
            throw Loss(scalar.Start, "a comment at the head of a block of text");
        if (scalar.End.Index > scalar.Start.Index) _scalars.Add((scalar.Start.Index, scalar.End.Index));
        return new(scalar.Value, scalar.Style, scalar.Start) { End = scalar.End };
    }

    /// <summary>Gives every comment to the entry it stands at, or before.</summary>
    void Attach(List<FormatDocument> documents)
    {
        var entries = documents.ConvertAll(d => Visible(d.Root).ToList());
        foreach (var entry in entries.SelectMany(d => d.Skip(1)).DistinctBy(e => e.Start.Line))
            entry.HasBlankBefore = IsBlankAbove((int)entry.Start.Line);
        foreach (var (line, column, text) in Comments())
        {
            if (documents.Count == 0) break;
            var index = Math.Max(0, documents.FindLastIndex(d => d.Line <= line));
            var (document, own) = (documents[index], entries[index]);
            if (own.Count == 0 || line < own[0].Start.Line)
            {
                document.Header.Add(text);
                document.HasBlankAfterHeader = line < _lines.Length && _lines[line].Trim().Length == 0;
            }
            else if (_lines[line - 1][..column].Trim().Length > 0)
                AddTrailing(own.FindLast(e => e.Start.Line <= line)!, text);
            else if (own.Find(e => e.Start.Line > line) is { } next) next.Leading.Add(text);
            else document.Tail.Add(text);
        }
    }

    static void AddTrailing(FormatEntry entry, string text) =>
        entry.Trailing = entry.Trailing is null ? text : $"{entry.Trailing} {text}";

    /// <summary>Entries from the outer to the inner and from first to last, without those within one line.</summary>
    static IEnumerable<FormatEntry> Visible(FormatNode node) => node.IsOnOneLine ? []
        : node.Entries.SelectMany(e => Visible(e.Value).Prepend(e));

    /// <summary>Whether the line above one, or above the comments that stand before it, is empty.</summary>
    bool IsBlankAbove(int line)
    {
        var above = line - 2;
        while (above >= 0 && _lines[above].TrimStart().StartsWith('#')) above--;
        return above >= 0 && _lines[above].Trim().Length == 0;
    }

    IEnumerable<(int Line, int Column, string Text)> Comments()
    {
        long index = 0;
        var next = 0;
        for (var line = 0; line < _lines.Length; index += _lines[line].Length + 1, line++)
            for (var column = 0; column < _lines[line].Length; column++)
            {
                while (next < _scalars.Count && _scalars[next].To <= index + column) next++;
                if (_lines[line][column] != '#') continue;
                if (column > 0 && !char.IsWhiteSpace(_lines[line][column - 1])) continue;
                if (next < _scalars.Count && _scalars[next].From <= index + column) continue;
                yield return (line + 1, column, _lines[line][column..].TrimEnd());
                break;
            }
    }

    FastMergeException Loss(Mark mark, string what) => RecipeError.At(
        new(_fileName, (int)mark.Line, (int)mark.Column),
        $"the recipe cannot be formatted without loss: it has {what}; it is left as it is");
}

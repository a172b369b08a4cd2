using System.Text;
using FastMerge.Core;

namespace FastMerge.Recipe;

/// <summary>Reads recipes from files and texts.</summary>
static class RecipeReader
{
    /// <summary>The largest recipe that is read.</summary>
    public const int MaxBytes = 1 << 20;

    static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a recipe file.</summary>
    /// <exception cref="FastMergeException">Recipe: no such file, no valid recipe. Io: it cannot be read.</exception>
    public static RecipeFile ReadDocuments(string path, RecipeOptions options) =>
        ParseDocuments(ReadText(path), path, options);

    /// <summary>Reads the text of a recipe; the file name is for messages.</summary>
    /// <exception cref="FastMergeException">Recipe: no valid recipe.</exception>
    public static RecipeFile ParseDocuments(string text, string fileName, RecipeOptions options)
    {
        CheckText(text, fileName);
        var content = text.StartsWith('\ufeff') ? text[1..] : text;
        var roots = YamlTreeReader.Read(content, fileName);
        if (roots.Count == 0)
            throw RecipeError.At(new(fileName, 1, 1),
                "the recipe is empty; accepted: a mapping with 'merge_method'");
        var stages = roots.OfType<YamlMap>().Select(m => m["name"]).OfType<YamlScalar>().Select(n => n.Text)
            .ToHashSet();
        var known = options with { PathExists = path => stages.Contains(path) || options.PathExists(path) };
        return new([.. roots.SelectMany(r => options.Try(() => new RecipeBuilder(fileName, content, known).Build(r)))]);
    }

    /// <summary>Refuses a text that is too long or holds control characters.</summary>
    /// <exception cref="FastMergeException">Recipe: it does.</exception>
    public static void CheckText(string text, string fileName)
    {
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes) throw TooLarge(fileName);
        CheckCharacters(text.StartsWith('\ufeff') ? text[1..] : text, fileName);
    }

    /// <summary>The text of a recipe file.</summary>
    /// <exception cref="FastMergeException">Recipe: no such file, or no text. Io: it cannot be read.</exception>
    public static string ReadText(string path)
    {
        var name = DisplayText.Escape(path);
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[MaxBytes + 1];
            var count = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return count > MaxBytes ? throw TooLarge(path) : Decode(bytes.AsSpan(0, count), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FastMergeException(FailureKind.Recipe, $"recipe {name} does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = Directory.Exists(path) ? "it is a folder" : DisplayText.Escape(e.Message);
            throw new FastMergeException(FailureKind.Io, $"recipe {name} cannot be read: {reason}", e);
        }
    }

    static string Decode(ReadOnlySpan<byte> bytes, string path)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new FastMergeException(FailureKind.Recipe,
                $"recipe {DisplayText.Escape(path)} is not text in UTF-8: invalid byte at offset {e.Index}", e);
        }
    }

    static void CheckCharacters(string text, string fileName)
    {
        var index = text.AsSpan().IndexOfAnyInRange('\u007f', '\u009f');
        for (var i = 0; i < text.Length && index < 0; i++)
            if (text[i] < ' ' && text[i] is not ('\t' or '\n' or '\r')) index = i;
        if (index < 0) return;
        var before = text.AsSpan(0, index);
        var span = new SourceSpan(fileName, before.Count('\n') + 1, index - before.LastIndexOf('\n'));
        throw RecipeError.At(span, $"control character U+{(int)text[index]:X4}; accepted: a recipe in YAML");
    }

    static FastMergeException TooLarge(string fileName) => new(FailureKind.Recipe,
        $"recipe {DisplayText.Escape(fileName)} is larger than {MaxBytes} bytes, the most that is read");
}

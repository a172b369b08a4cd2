using System.Text.RegularExpressions;

namespace FastMerge.Tests.Conventions;

/// <summary>Which layers may touch native code and files.</summary>
static partial class PlatformRules
{
    static readonly string[] NativeLayers = ["src/FastMerge/Interop/"];

    // Besides Checkpoint: the reader of the recipe's own file, and what the kernel tells through files.
    static readonly string[] FileOpeners =
        ["src/FastMerge/Checkpoint/", "src/FastMerge/Recipe/RecipeReader", "src/FastMerge/Interop/FreeMemory"];

    public static IEnumerable<string> CheckNative(SourceFile file) => IsIn(file, NativeLayers)
        ? []
        : file.Where(line => NativeImport().IsMatch(line), "only Interop imports native code");

    public static IEnumerable<string> CheckFiles(SourceFile file) => IsIn(file, FileOpeners)
        ? []
        : file.Where(line => FileUse().IsMatch(line), "only Checkpoint opens files");

    static bool IsIn(SourceFile file, string[] places) =>
        places.Any(place => file.Path.StartsWith(place, StringComparison.Ordinal));

    [GeneratedRegex(@"\b(LibraryImport|DllImport|NativeLibrary\.\w+)\b")]
    private static partial Regex NativeImport();

    [GeneratedRegex(
        @"(?<![\w.])(File\.(Open|Read|Write|Create|Append|Copy|Move|Delete|Replace)\w*"
        + @"|Directory\.(Create|Delete|Move)\w*|new (FileStream|StreamReader|StreamWriter)\((?!Console)"
        + @"|RandomAccess\.\w+|MemoryMappedFile\b)")]
    private static partial Regex FileUse();
}

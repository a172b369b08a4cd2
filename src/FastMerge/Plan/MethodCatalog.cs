using FastMerge.Core;
using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Every merge method, by its recipe name. The list is generated from the files in Methods.</summary>
static partial class MethodCatalog
{
    /// <summary>All methods, by name.</summary>
    public static IReadOnlyList<MergeMethod> All { get; } =
        [.. CreateAll().OrderBy(m => m.Signature.Name, StringComparer.Ordinal)];

    /// <summary>The method of a recipe name, or null.</summary>
    public static MergeMethod? Find(string name) => All.FirstOrDefault(m => m.Signature.Name == name);

    /// <summary>The method name nearest to a mistyped one, if any is near.</summary>
    public static string? Nearest(string name) => DisplayText.Nearest(name, All.Select(m => m.Signature.Name));
}

using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Every expression that the catalogue's methods can produce, for generating kernels.</summary>
static class CatalogueExpressions
{
    const int LargestModelCount = 4;

    /// <summary>The outputs of all methods under all switches, with the method's name.</summary>
    public static IEnumerable<(string Method, Tensor Output)> All() =>
        from method in MethodCatalog.All
        from models in Enumerable.Range(1, LargestModelCount)
        where models >= method.Signature.MinModels && models <= method.Signature.MaxModels
        from isVector in new[] { false, true }
        from switches in Switches(method)
        select (method.Signature.Name, method.Merge(new MergeInputs(
            models, isVector, flag => switches.Contains(flag), parameter => switches.Contains(parameter))));

    static IEnumerable<HashSet<Parameter>> Switches(MergeMethod method)
    {
        var switches = method.Signature.Parameters
            .Where(p => p is Flag { Ignored: false } or PerModel { Optional: true }).ToArray();
        for (var bits = 0; bits < 1 << switches.Length; bits++)
            yield return [.. switches.Where((_, i) => (bits & (1 << i)) != 0)];
    }
}

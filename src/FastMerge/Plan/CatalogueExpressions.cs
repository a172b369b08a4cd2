using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Every expression that the catalogue's methods can produce, for generating kernels.</summary>
static class CatalogueExpressions
{
    const int LargestModelCount = 4;

    /// <summary>The outputs of all methods under all switches, with the method's name and the number of
    /// models.</summary>
    public static IEnumerable<(string Method, int Models, Tensor Output)> All() =>
        from method in MethodCatalog.All
        let signature = method.Signature
        from models in Enumerable.Range(1, LargestModelCount)
        where models >= signature.MinModels && models <= signature.MaxModels
        from hasBase in signature.Base == BaseUse.Optional ? new[] { false, true } : [true]
        from isVector in new[] { false, true }
        from switches in MethodSwitches.All(signature)
        let form = method.UsesMatrices && !isVector ? new MatrixForm(MatrixKind.Linear, 4, 4, 1) : default
        from expression in Parts(method.Merge(new MergeInputs(new(models, hasBase, isVector, form), switches)))
        select (signature.Name, models, expression);

    /// <summary>An expression, and those of the matrices that it reads.</summary>
    static IEnumerable<Tensor> Parts(Tensor output)
    {
        var matrices = TensorPasses.Cut(output).Matrices;
        return matrices is null ? [output] : matrices.Expressions.SelectMany(p => Parts(p.Output)).Append(output);
    }
}

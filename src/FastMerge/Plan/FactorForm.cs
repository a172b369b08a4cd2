using FastMerge.Primitives;

namespace FastMerge.Plan;

/// <summary>Says whether the task vectors of a tensor are given by the factors of adapters.</summary>
static class FactorForm
{
    /// <summary>
    /// The ranks, where every model is the base, or the base with an adapter's product, and all products together have
    /// no more directions than the matrix has; else null. DoRA scales rows and is no product.
    /// </summary>
    /// <param name="base">The base's tensor; where a method reads none, that which all models come out of.</param>
    /// <param name="models">The models' tensors.</param>
    /// <param name="form">The matrices that the tensor is made of.</param>
    public static FactorRanks? Of(TensorSource? @base, IReadOnlyList<TensorSource> models, MatrixForm form)
    {
        if (form.Kind == MatrixKind.Vector) return null;
        var inner = @base ?? models.OfType<AdapterSource>().FirstOrDefault()?.Inner;
        var ranks = new long[models.Count];
        for (var k = 0; k < ranks.Length; k++)
        {
            if (models[k].Equals(inner)) continue;
            if (models[k] is not AdapterSource { Update: var update } adapter || !adapter.Inner.Equals(inner)
                || update.Magnitudes is not null || update.Left is null
                || (update.Matrices, update.Rows, update.Columns) != (form.Count, form.Rows, form.Columns))
                return null;
            ranks[k] = update.Rank;
        }
        var found = new FactorRanks(ranks);
        return found.Total is > 0 and var total && total <= Math.Min(form.Rows, form.Columns) ? found : null;
    }
}

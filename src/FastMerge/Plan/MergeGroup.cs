namespace FastMerge.Plan;

/// <summary>
/// The tensors of one merge document that go by one method: those that a value of the whole model is taken over.
/// All of them count, also those that a later document leaves out.
/// </summary>
/// <param name="stage">The document's name, part of its random streams; usually empty.</param>
/// <param name="method">The method's name.</param>
sealed class MergeGroup(string stage, string method)
{
    /// <summary>The document's name, part of its random streams; usually empty.</summary>
    public string Stage { get; } = stage;

    /// <summary>The method's name.</summary>
    public string Method { get; } = method;

    /// <summary>The tensors that are computed, in natural order of their names.</summary>
    public IReadOnlyList<PlannedTensor> Tensors { get; private set; } = [];

    /// <summary>The elements of all of them.</summary>
    public long ElementCount { get; private set; }

    /// <summary>Tells every group which of these tensors are its own: all tensors of all documents, once
    /// each.</summary>
    public static void Fill(IEnumerable<PlannedTensor> tensors)
    {
        foreach (var group in tensors.Where(t => t.Work is not null).GroupBy(t => t.Work!.Group))
        {
            group.Key.Tensors = [.. group.OrderBy(t => t.Output.Name, Checkpoint.Output.NaturalOrder.Instance)];
            group.Key.ElementCount = group.Sum(t => t.Output.ElementCount);
        }
    }
}

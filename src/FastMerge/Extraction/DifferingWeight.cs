using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Extraction;

/// <summary>A weight whose difference to the base gets an update, or one for each of its experts.</summary>
/// <param name="Module">Its module; of fused experts, which are no module's <c>weight</c>, the tensor.</param>
/// <param name="Difference">Model minus base, binary32.</param>
/// <param name="Form">The matrices it is made of; other axes than the first are taken together unless they are
/// experts.</param>
/// <param name="IsTurned">Whether the factors' product is the transposed difference.</param>
/// <param name="IsEmbedding">Whether PEFT takes it for an embedding.</param>
sealed record DifferingWeight(
    string Module, PlannedTensor Difference, MatrixForm Form, bool IsTurned, bool IsEmbedding)
{
    /// <summary>Rows of each matrix.</summary>
    public long Rows => Form.Rows;

    /// <summary>Columns of each matrix.</summary>
    public long Columns => Form.Columns;

    /// <summary>Number of matrices.</summary>
    public long Count => Form.Count;

    /// <summary>Whether they are fused experts.</summary>
    public bool IsStack => Form.Kind == MatrixKind.Stack;

    /// <summary>The highest rank.</summary>
    public long Sides => Math.Min(Rows, Columns);

    /// <summary>The module that PEFT wraps.</summary>
    public string Owner => IsStack ? Module[..Module.LastIndexOf('.')] : Module;

    /// <summary>
    /// The tensors of an update of some rank: A, B. Of E experts of d1 x d2 each, A is (E r) x d1 by expert and k, and
    /// B d2 x (r E) by k and expert.
    /// </summary>
    public TensorSpec[] Factors(long rank, DType dtype)
    {
        var (a, b) = Names(Module);
        if (IsStack) return [new(a, dtype, [Count * rank, Rows]), new(b, dtype, [Columns, rank * Count])];
        long[] inputs = IsTurned ? [Rows] : [.. Difference.Output.Shape.Skip(1)];
        var ones = Enumerable.Repeat(1L, IsTurned ? 0 : Difference.Output.Shape.Length - 2);
        return [new(a, dtype, [rank, .. inputs]), new(b, dtype, [IsTurned ? Columns : Rows, rank, .. ones])];
    }

    /// <summary>The names of A and B of a module.</summary>
    public (string A, string B) Names(string module)
    {
        var (a, b) = IsEmbedding ? ("lora_embedding_A", "lora_embedding_B") : ("lora_A.weight", "lora_B.weight");
        return ($"{ExtractionPlan.Prefix}{module}.{a}", $"{ExtractionPlan.Prefix}{module}.{b}");
    }
}

/// <summary>Which fused experts can have updates: an adapter says by shapes alone what its factors belong to.</summary>
static class FusedExperts
{
    /// <summary>Takes out those whose updates could not be read back, and says why of each.</summary>
    /// <param name="weights">Weights that updates are asked for.</param>
    /// <param name="hasTensor">Whether the base has a tensor.</param>
    public static Dictionary<string, string> TakeUnclear(
        List<DifferingWeight> weights, Func<string, bool> hasTensor)
    {
        var unclear = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var weight in weights.Where(w => w.IsStack))
            if (hasTensor(weight.Owner + ".weight"))
                unclear[weight.Module] = "an update of a tensor beside a 'weight' is taken for that of the weight";
            else if (weight.Rows == weight.Columns)
                unclear[weight.Module] = "experts are square, and shapes do not tell inputs from outputs";
            else if (weights.FirstOrDefault(w => w.IsStack && w != weight && w.Owner == weight.Owner && w.Sides
                == weight.Sides && w.Rows + w.Columns == weight.Rows + weight.Columns) is { } twin)
                unclear[weight.Module] = $"experts are as large as those of {DisplayText.Escape(twin.Module)}, and "
                    + "shapes do not tell whose an update is";
        weights.RemoveAll(w => unclear.ContainsKey(w.Module));
        return unclear;
    }

    /// <summary>
    /// What PEFT calls the factors of fused experts. Each parameter of a module has a wrapper, the first one the
    /// innermost; in the module's definition the way down comes last.
    /// </summary>
    /// <param name="updated">Weights with updates.</param>
    /// <returns>The names of factors that differ from those of <see cref="DifferingWeight.Factors"/>, by
    /// these.</returns>
    public static Dictionary<string, string> Names(IEnumerable<DifferingWeight> updated)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var module in updated.Where(w => w.IsStack).GroupBy(w => w.Owner))
        {
            var outer = module.Key;
            foreach (var weight in module.OrderByDescending(IsDown)
                .ThenByDescending(w => w.Module, StringComparer.Ordinal))
            {
                var (from, to) = (weight.Names(weight.Module), weight.Names(outer));
                (names[from.A], names[from.B]) = (to.A, to.B);
                outer += "." + ExtractionPlan.Wrapper;
            }
        }
        return names;

        static bool IsDown(DifferingWeight weight) =>
            weight.Module.AsSpan(weight.Owner.Length).Contains("down", StringComparison.Ordinal);
    }
}

using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge;

/// <summary>Tells of every planned tensor what it is made of, and how.</summary>
sealed class PlanListing
{
    readonly Dictionary<InputShard, string> _models = [];
    readonly Dictionary<PlannedTensor, string> _stages = new(ReferenceEqualityComparer.Instance);
    readonly PlannedMerge _plan;

    /// <summary>Prepares to tell of a plan.</summary>
    public PlanListing(PlannedMerge plan)
    {
        _plan = plan;
        foreach (var checkpoint in plan.Checkpoints)
            foreach (var shard in checkpoint.Shards)
                _models[shard] = checkpoint.Location.Text;
        foreach (var stage in plan.Stages.SkipLast(1))
            foreach (var tensor in stage.Tensors)
                _stages[tensor] = stage.Recipe.Recipe.Name?.Value ?? "";
    }

    /// <summary>The names of the merges whose results others take.</summary>
    public IReadOnlyList<string> Stages =>
        [.. _plan.Stages.SkipLast(1).Select(s => s.Recipe.Recipe.Name?.Value).OfType<string>()];

    /// <summary>Every tensor, the stages' first, in the order of the plan.</summary>
    public IEnumerable<TensorPlan> Tensors() => _plan.Stages.SelectMany(s => s.Tensors).Select(Describe);

    TensorPlan Describe(PlannedTensor tensor) => new()
    {
        Name = tensor.Output.Name,
        Stage = _stages.GetValueOrDefault(tensor),
        DType = tensor.Output.DType.ToString(),
        Shape = [.. tensor.Output.Shape],
        Role = tensor.Traits.Role.Word(),
        Layer = tensor.Traits.Layer,
        Expert = tensor.Traits.Expert,
        Method = tensor.Method,
        Passes = PassGroups.Passes(tensor),
        Sources = [.. tensor.Inputs.Select(i => new TensorPlanSource(
            ModelOf(i), i.ModelName, ReferenceEquals(i, tensor.Base)))],
        Values = tensor.Work is { } work && work.Group.Method == tensor.Method
            ? [.. Values(tensor.Method, work.Values)] : [],
    };

    string ModelOf(TensorSource source) => source switch
    {
        StoredSource { Tensor.Shard: var shard } => _models[shard],
        StageSource { Tensor: var tensor } => _stages[tensor],
        AdapterSource { Inner: var inner, Adapter: var adapter } => $"{ModelOf(inner)}+{adapter}",
        _ => throw new InvalidOperationException(source.GetType().Name),
    };

    static IEnumerable<TensorPlanValue> Values(string method, ParameterValues values)
    {
        var signature = MethodCatalog.Find(method)!.Signature;
        var own = Values(signature.Parameters, values, values.Switches);
        return values.Switches.Inner is not { } inner ? own
            : own.Concat(Values(inner.Method.Signature.Parameters.Where(inner.Reads), values, inner.Switches));
    }

    static IEnumerable<TensorPlanValue> Values(
        IEnumerable<Parameter> parameters, ParameterValues values, MethodSwitches switches)
    {
        var numbers = values.All.ToDictionary(v => v.Key, v => v.Value);
        foreach (var parameter in parameters)
        {
            switch (parameter)
            {
                case Flag { Ignored: false } flag:
                    yield return new(flag.Name, [], switches.IsOn(flag) ? "true" : "false");
                    break;
                case Choice choice:
                    yield return new(choice.Name, [], switches.WordOf(choice));
                    break;
                case Inner inner:
                    yield return new(inner.Name, [], switches.Inner!.Name);
                    break;
                case PerModel { Optional: true } optional when !switches.IsOn(optional):
                    break;
                default:
                    if (numbers.TryGetValue(parameter, out var found)) yield return new(parameter.Name, found, null);
                    break;
            }
        }
    }
}

using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>
/// All that an engine does, in order: the phases over the whole model, then the tensors of the output. A phase takes
/// its tensors side by side as the output does; its values go to the sink, which may keep them for a resume.
/// </summary>
sealed class MergeWork(
    IReadOnlyList<PlannedTensor> outputs, InputSet inputs, IMergeSink sink, EngineResources resources,
    EngineOptions options, Action<string> warn)
{
    readonly ModelValues _model = new();
    readonly Dictionary<PlannedTensor, TensorState> _known = new(ReferenceEqualityComparer.Instance);

    /// <summary>The tensors to begin; at a null those before must be done.</summary>
    public IEnumerable<TensorTask?> Tasks()
    {
        var sweeps = new TensorSweeps(resources, _model, options, warn);
        var phases = ModelPhases.Of(outputs).Phases;
        for (var number = 0; number < phases.Count; number++)
        {
            var phase = phases[number];
            if (sink.FindPhase(number) is { } kept) _model.Set(phase, kept);
            else
            {
                var reading = new PhaseReading(phase, sweeps, StateOf);
                foreach (var task in reading.Tasks()) yield return task;
                inputs.CheckUnchanged(phase.Tensors.SelectMany(t => t.StoredInputs));
                _model.Set(phase, reading.Values);
                sink.KeepPhase(number, reading.Values);
            }
            if (number + 1 == phases.Count || phases[number + 1].Group != phase.Group) Forget(phase);
        }
        for (var i = 0; i < outputs.Count; i++)
        {
            var (index, tensor) = (i, outputs[i]);
            yield return new(index, tensor, task => Output(sweeps, task, tensor));
        }
    }

    IEnumerable<Sweep> Output(TensorSweeps sweeps, TensorTask task, PlannedTensor tensor)
    {
        TensorState? state;
        lock (_known)
            if (!_known.Remove(tensor, out state)) state = new(tensor, options.Seed);
        foreach (var sweep in sweeps.Of(task, tensor, state, sink.Missing(task.Index!.Value))) yield return sweep;
    }

    TensorState StateOf(PlannedTensor tensor)
    {
        lock (_known)
        {
            if (!_known.TryGetValue(tensor, out var state)) _known[tensor] = state = new(tensor, options.Seed);
            return state;
        }
    }

    /// <summary>Lets go what is known of tensors that only lead to others.</summary>
    void Forget(ModelPhase phase)
    {
        var needed = outputs.ToHashSet<PlannedTensor>(ReferenceEqualityComparer.Instance);
        lock (_known)
            foreach (var tensor in phase.Tensors)
                if (!needed.Contains(tensor)) _known.Remove(tensor);
    }
}

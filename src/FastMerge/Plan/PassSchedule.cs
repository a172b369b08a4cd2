using FastMerge.Primitives;
using FastMerge.Primitives.Matrices;

namespace FastMerge.Plan;

/// <summary>
/// At which place in the order of readings each cut and each reduction of an expression is found: a cut as early as
/// possible, a reduction together with others of its scope where that saves a reading.
/// </summary>
sealed class PassSchedule
{
    readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<object, int> _needed = new(ReferenceEqualityComparer.Instance);
    readonly Dictionary<Reduction, int> _places = [];
    readonly List<Cut> _cuts = [];
    readonly List<Reduction> _reductions = [];

    PassSchedule()
    {
    }

    /// <summary>The schedule of an expression.</summary>
    public static PassSchedule Of(Tensor output)
    {
        var schedule = new PassSchedule();
        schedule.Collect(output);
        schedule.Place(output);
        return schedule;
    }

    /// <summary>The tensors that are ranked in their rows, operands first.</summary>
    public List<Tensor> Ranked { get; } = [];

    /// <summary>The matrices whose elements are read.</summary>
    public List<Matrix> Matrices { get; } = [];

    /// <summary>The side values by column that elements are combined with.</summary>
    public HashSet<Scalar> Columns { get; } = [];

    /// <summary>The cuts of a place, operands first.</summary>
    public IEnumerable<Cut> CutsAt(int place) => _cuts.Where(c => c.Level - 1 == place);

    /// <summary>The reductions of a place, operands first.</summary>
    public IEnumerable<Reduction> ReductionsAt(int place) => _reductions.Where(r => _places[r] == place);

    /// <summary>
    /// Users first: each says by when what it uses is needed. Of several, the one that can wait least chooses first;
    /// the others join it where they can.
    /// </summary>
    void Place(Tensor output)
    {
        NeededBefore(output.Level, output, [], []);
        foreach (var level in _cuts.Select(c => c.Level - 1).Concat(_reductions.Select(r => r.Level)).Distinct()
            .OrderDescending().ToArray())
        {
            foreach (var cut in CutsAt(level)) NeededBefore(level, null, [cut.Source], [cut.Keep]);
            foreach (var reduction in _reductions.Where(r => r.Level == level).OrderBy(r => _needed[r]).ToArray())
            {
                var last = _needed[reduction] - 1;
                var shared = _places.Where(p => p.Key.Scope == reduction.Scope && p.Value >= level && p.Value <= last)
                    .Select(p => (int?)p.Value).Max();
                _places[reduction] = shared ?? last;
                NeededBefore(_places[reduction], null,
                    reduction.Second is { } second ? [reduction.First, second] : [reduction.First], []);
            }
        }
    }

    /// <summary>Notes that the cuts and reductions directly below some expressions have to be known before a
    /// place.</summary>
    void NeededBefore(int place, Tensor? tensor, Tensor[] tensors, Scalar[] scalars)
    {
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        if (tensor is not null) Visit(tensor);
        foreach (var t in tensors) Visit(t);
        foreach (var s in scalars) VisitScalar(s);

        void Visit(Tensor t)
        {
            if (!seen.Add(t)) return;
            foreach (var operand in t.Operands) Visit(operand);
            foreach (var scalar in t.Scalars) VisitScalar(scalar);
            foreach (var cut in t.Cuts) Need(cut);
        }

        void VisitScalar(Scalar s)
        {
            if (!seen.Add(s)) return;
            foreach (var operand in s.Operands) VisitScalar(operand);
            if (s.Reduction is { } reduction) Need(reduction);
            if (s.Cut is { } cut) Need(cut);
        }

        void Need(object found) => _needed[found] = Math.Min(place, _needed.GetValueOrDefault(found, int.MaxValue));
    }

    void Collect(Tensor tensor)
    {
        if (!_seen.Add(tensor)) return;
        foreach (var operand in tensor.Operands) Collect(operand);
        foreach (var scalar in tensor.Scalars) Collect(scalar);
        foreach (var cut in tensor.Cuts) Collect(cut);
        Columns.UnionWith(tensor.Scalars.Where(s => s.Columns));
        if (tensor.Kind == OpKind.RowRank) Ranked.Add(tensor);
        if (tensor.Matrix is { } matrix && !Matrices.Contains(matrix)) Matrices.Add(matrix);
    }

    void Collect(Scalar scalar)
    {
        if (!_seen.Add(scalar)) return;
        foreach (var operand in scalar.Operands) Collect(operand);
        if (scalar.Cut is { } cut) Collect(cut);
        if (scalar.Reduction is not { } reduction || !_seen.Add(reduction)) return;
        Collect(reduction.First);
        if (reduction.Second is not null) Collect(reduction.Second);
        _reductions.Add(reduction);
    }

    void Collect(Cut cut)
    {
        if (!_seen.Add(cut)) return;
        Collect(cut.Source);
        Collect(cut.Keep);
        _cuts.Add(cut);
    }
}

using FastMerge.Backends;
using FastMerge.Primitives;

namespace FastMerge.Engine;

/// <summary>
/// Finds the ranks that a pass asks for, of the rows that a chunk has a part of: before the chunk is computed, in
/// memory of the worker.
/// </summary>
/// <param name="steps">The tensors to rank with their programs, those that others need first.</param>
/// <param name="values">What is known of the tensor.</param>
/// <param name="wanted">The ranks that the pass reads, in its program's order.</param>
/// <param name="models">The number of models.</param>
/// <param name="rowLength">Elements of a row.</param>
sealed unsafe class RowRanks(
    IReadOnlyList<(Tensor Ranked, BoundProgram Program)> steps, SideValues values, ElementProgram wanted, int models,
    long rowLength) : IChunkArrays
{
    readonly int[] _firstArray = FirstArrays(steps, models);

    /// <summary>The arrays of ranks: one for each tensor, or for each model.</summary>
    public static int Arrays(Tensor ranked, int models) => ranked.PerModel ? models : 1;

    /// <summary>The rows that a range has a part of.</summary>
    public static ElementRange WholeRows(ElementRange range, long rowLength)
    {
        var first = range.First / rowLength * rowLength;
        return new(first, (range.End + rowLength - 1) / rowLength * rowLength - first);
    }

    /// <summary>Ranks the rows of a chunk, whose whole rows are at hand.</summary>
    public ChunkInputs Find(ElementRange range, ChunkInputs inputs, Worker worker)
    {
        var rows = WholeRows(range, rowLength);
        var lead = range.First - rows.First;
        var ranks = worker.RentRanks(_firstArray[^1] * rows.Count);
        for (var step = 0; step < steps.Count; step++)
        {
            var (ranked, program) = steps[step];
            var found = Point(inputs, program.Program, ranks, rows.Count, 0, worker) with { Skip = inputs.Skip - lead };
            program.Rank(
                rows.First, rows.Count, found, values.RowsOf(program.Program, rows) with { Length = rowLength },
                ranks + _firstArray[step] * rows.Count, Arrays(ranked, models) * rows.Count);
        }
        return Point(inputs, wanted, ranks, rows.Count, lead, worker);
    }

    /// <summary>The inputs with the places of the ranks that a program reads.</summary>
    ChunkInputs Point(ChunkInputs inputs, ElementProgram program, float* ranks, long count, long lead, Worker worker)
    {
        inputs.Ranks = worker.RentPlaces(program.Arrays.Count + program.ModelArrays.Count * models);
        var next = 0;
        foreach (var source in program.Arrays.Concat(program.ModelArrays).Where(a => a.Ranked is not null))
            for (var k = 0; k < Arrays(source.Ranked!, models); k++)
                inputs.Ranks[next++] = ranks + (_firstArray[StepOf(source.Ranked!)] + k) * count + lead;
        return inputs;
    }

    int StepOf(Tensor ranked) => steps.TakeWhile(s => !ReferenceEquals(s.Ranked, ranked)).Count();

    static int[] FirstArrays(IReadOnlyList<(Tensor Ranked, BoundProgram Program)> steps, int models)
    {
        var first = new int[steps.Count + 1];
        for (var i = 0; i < steps.Count; i++) first[i + 1] = first[i] + Arrays(steps[i].Ranked, models);
        return first;
    }
}

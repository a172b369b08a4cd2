using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Engine;

/// <summary>One reading of a tensor's inputs, in chunks that may run in any order on any thread.</summary>
abstract class Sweep
{
    /// <summary>Whose inputs are read.</summary>
    public required TensorState State { get; init; }

    /// <summary>The chunks.</summary>
    public required ChunkGrid Grid { get; init; }

    /// <summary>Whether the chunks must run one after the other, in order.</summary>
    public virtual bool Ordered => false;

    /// <summary>Supplies ranks and matrices that its program asks for; null if it asks for none.</summary>
    public IChunkArrays? Arrays { get; init; }

    /// <summary>Whether chunks have inputs.</summary>
    public virtual bool ReadsInputs => true;

    /// <summary>The program that reads them; null for what reads all of them.</summary>
    protected virtual ElementProgram? Program => null;

    /// <summary>Whether chunks read one of the inputs, of which the base is the first.</summary>
    public bool Reads(int source) => Program is not { } program || Arrays is RowRanks || State.Arrays is RowRanks
        || (source == 0 && State.Base is not null ? program.ReadsBase : program.ReadsModels);

    /// <summary>Reads what is no chunk, before the chunks; returns its bytes.</summary>
    public virtual long Load(InputSet inputs) => 0;

    /// <summary>The elements that a chunk reads: its own, or all of their rows where rows are ranked or
    /// scaled.</summary>
    public ElementRange InputRange(long chunk)
    {
        var row = Math.Max(Arrays is RowRanks ? State.Tensor.RowLength : 1, State.WholeRow);
        return row <= 1 ? Grid[chunk] : RowRanks.WholeRows(Grid[chunk], row);
    }

    /// <summary>Bits that one unit of <see cref="Grid"/> takes in an input of a dtype.</summary>
    public virtual int UnitBits(DType dtype) => dtype.Bits();

    /// <summary>Computes a chunk from the inputs of its <see cref="InputRange"/>.</summary>
    public void Run(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var found = inputs with { Skip = Grid[chunk].First - InputRange(chunk).First };
        Compute(chunk, Arrays is null ? found : Arrays.Find(Grid[chunk], found, worker), worker);
    }

    /// <summary>Computes a chunk.</summary>
    protected abstract void Compute(long chunk, in ChunkInputs inputs, Worker worker);
}

/// <summary>A selection's reading of a tensor that is behind a number of elements.</summary>
sealed class SelectSweep(BoundProgram program, Selection selection, bool ordered, long before) : Sweep
{
    /// <inheritdoc/>
    public override bool Ordered => ordered;

    /// <inheritdoc/>
    protected override ElementProgram Program => program.Program;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        program.Select(selection, before, worker.Index, range.First, range.Count, inputs,
            State.Values!.RowsOf(program.Program, range));
    }
}

/// <summary>Adds up over the whole tensor: one row of partial sums for each chunk.</summary>
sealed class ReduceSweep(BoundProgram program, bool[] maxima) : Sweep
{
    double[]? _partials;

    /// <summary>Of each number of a chunk, whether it is a largest value, not a sum.</summary>
    public bool[] Maxima => maxima;

    /// <summary>The chunks' sums, in chunk order.</summary>
    public double[] Partials => _partials ?? Allocate();

    /// <inheritdoc/>
    protected override ElementProgram Program => program.Program;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        program.Reduce(range.First, range.Count, inputs, Partials.AsSpan((int)chunk * maxima.Length, maxima.Length),
            State.Values!.RowsOf(program.Program, range));
    }

    double[] Allocate() =>
        Interlocked.CompareExchange(ref _partials, new double[Grid.Count * maxima.Length], null) ?? _partials;
}

/// <summary>Adds up each row. A row longer than a chunk is a reduction of its own, in several chunks.</summary>
sealed class RowReduceSweep(BoundProgram program, bool[] maxima, long rows, long rowLength, int chunkElements) : Sweep
{
    readonly int _width = maxima.Length;
    readonly bool _divided = rowLength > chunkElements;
    readonly double[] _sums =
        new double[(rowLength > chunkElements ? ChunksOfRow(rowLength, chunkElements) : 1) * rows * maxima.Length];

    /// <inheritdoc/>
    protected override ElementProgram Program => program.Program;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        var (first, count) = ((int)(range.First / rowLength), (int)(range.Count / rowLength));
        var sums = _divided ? _sums.AsSpan((int)chunk * _width, _width) : _sums.AsSpan(first * _width, count * _width);
        program.ReduceRows(range.First, range.Count, inputs, sums,
            State.Values!.RowsOf(program.Program, range) with { Length = rowLength }, _divided);
    }

    /// <summary>The sums of every row, in row order.</summary>
    public double[] Rows()
    {
        if (!_divided) return _sums;
        var result = new double[rows * _width];
        var length = (int)ChunksOfRow(rowLength, chunkElements) * _width;
        for (var row = 0; row < rows; row++)
            PairwiseSum.Of(_sums.AsSpan(row * length, length), maxima).CopyTo(result.AsSpan(row * _width));
        return result;
    }

    static long ChunksOfRow(long rowLength, int chunkElements) => (rowLength + chunkElements - 1) / chunkElements;
}

/// <summary>Adds up each column, in index order: chunk after chunk.</summary>
sealed class ColumnReduceSweep(BoundProgram program, int width, long columns) : Sweep
{
    /// <inheritdoc/>
    public override bool Ordered => true;

    /// <summary>The values of all columns, then those of the next number, and so on.</summary>
    public double[] Values { get; } = new double[width * columns];

    /// <inheritdoc/>
    protected override ElementProgram Program => program.Program;

    /// <inheritdoc/>
    protected override void Compute(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        program.ReduceColumns(range.First, range.Count, inputs, columns, Values);
    }
}

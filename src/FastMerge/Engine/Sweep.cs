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

    /// <summary>Bits that one unit of <see cref="Grid"/> takes in an input of a dtype.</summary>
    public virtual int UnitBits(DType dtype) => dtype.Bits();

    /// <summary>Computes a chunk.</summary>
    public abstract void Run(long chunk, in ChunkInputs inputs, Worker worker);
}

/// <summary>A selection's reading of a tensor that is behind a number of elements.</summary>
sealed class SelectSweep(BoundProgram program, Selection selection, bool ordered, long before) : Sweep
{
    /// <inheritdoc/>
    public override bool Ordered => ordered;

    /// <inheritdoc/>
    public override void Run(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        program.Select(selection, before, worker.Index, range.First, range.Count, inputs);
    }
}

/// <summary>Adds up over the whole tensor: one row of partial sums for each chunk.</summary>
sealed class ReduceSweep(BoundProgram program, int width) : Sweep
{
    double[]? _partials;

    /// <summary>Numbers of each chunk.</summary>
    public int Width => width;

    /// <summary>The chunks' sums, in chunk order.</summary>
    public double[] Partials => _partials ?? Allocate();

    /// <inheritdoc/>
    public override void Run(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        program.Reduce(range.First, range.Count, inputs, 0, Partials.AsSpan((int)(chunk * width), width));
    }

    double[] Allocate() =>
        Interlocked.CompareExchange(ref _partials, new double[Grid.Count * width], null) ?? _partials;
}

/// <summary>Adds up each row. A row longer than a chunk is a reduction of its own, in several chunks.</summary>
sealed class RowReduceSweep(BoundProgram program, int width, long rows, long rowLength, int chunkElements) : Sweep
{
    readonly bool _divided = rowLength > chunkElements;
    readonly double[] _sums =
        new double[(rowLength > chunkElements ? ChunksOfRow(rowLength, chunkElements) : 1) * rows * width];

    /// <inheritdoc/>
    public override void Run(long chunk, in ChunkInputs inputs, Worker worker)
    {
        var range = Grid[chunk];
        if (_divided)
        {
            program.Reduce(range.First % rowLength, range.Count, inputs, 0, _sums.AsSpan((int)(chunk * width), width));
            return;
        }
        var (first, count) = ((int)(range.First / rowLength), (int)(range.Count / rowLength));
        program.Reduce(range.First, range.Count, inputs, rowLength, _sums.AsSpan(first * width, count * width));
    }

    /// <summary>The sums of every row, in row order.</summary>
    public double[] Rows()
    {
        if (!_divided) return _sums;
        var result = new double[rows * width];
        var length = (int)ChunksOfRow(rowLength, chunkElements) * width;
        for (var row = 0; row < rows; row++)
            PairwiseSum.Of(_sums.AsSpan(row * length, length), width).CopyTo(result.AsSpan(row * width));
        return result;
    }

    static long ChunksOfRow(long rowLength, int chunkElements) => (rowLength + chunkElements - 1) / chunkElements;
}

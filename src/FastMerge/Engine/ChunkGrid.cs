namespace FastMerge.Engine;

/// <summary>How a reading of a tensor is divided into chunks.</summary>
abstract class ChunkGrid
{
    /// <summary>Number of chunks.</summary>
    public abstract long Count { get; }

    /// <summary>The elements of a chunk.</summary>
    public abstract ElementRange this[long chunk] { get; }

    /// <summary>Chunks of a fixed number of elements, aligned from the tensor's start, that cover a range.</summary>
    public static ChunkGrid Aligned(ElementRange range, int chunkElements) => new AlignedGrid(range, chunkElements);

    /// <summary>Some of the chunks that <see cref="Aligned"/> gives for a whole tensor.</summary>
    public static ChunkGrid Chosen(long elementCount, int chunkElements, long[] chunks) =>
        new ChosenGrid(elementCount, chunkElements, chunks);

    /// <summary>Whole rows, as many as fit; a row that does not fit is divided, aligned from its start.</summary>
    public static ChunkGrid Rows(long rows, long rowLength, int chunkElements)
    {
        if (rowLength > chunkElements) return new DividedRowGrid(rows, rowLength, chunkElements);
        var rowsOfChunk = chunkElements / Math.Max(1, rowLength);
        return new AlignedGrid(new(0, rows * rowLength), (int)(rowsOfChunk * Math.Max(1, rowLength)));
    }

    sealed class AlignedGrid(ElementRange range, int chunkElements) : ChunkGrid
    {
        readonly long _firstChunk = range.First / chunkElements;

        public override long Count { get; } =
            range.Count == 0 ? 0 : (range.End - 1) / chunkElements - range.First / chunkElements + 1;

        public override ElementRange this[long chunk]
        {
            get
            {
                var start = Math.Max(range.First, (_firstChunk + chunk) * chunkElements);
                return new(start, Math.Min(range.End, (_firstChunk + chunk + 1) * chunkElements) - start);
            }
        }
    }

    sealed class ChosenGrid(long elementCount, int chunkElements, long[] chunks) : ChunkGrid
    {
        public override long Count => chunks.Length;

        public override ElementRange this[long chunk]
        {
            get
            {
                var start = chunks[chunk] * chunkElements;
                return new(start, Math.Min(elementCount - start, chunkElements));
            }
        }
    }

    sealed class DividedRowGrid(long rows, long rowLength, int chunkElements) : ChunkGrid
    {
        readonly long _chunksOfRow = (rowLength + chunkElements - 1) / chunkElements;

        public override long Count => rows * _chunksOfRow;

        public override ElementRange this[long chunk]
        {
            get
            {
                var (row, part) = Math.DivRem(chunk, _chunksOfRow);
                return new(row * rowLength + part * chunkElements,
                    Math.Min(rowLength - part * chunkElements, chunkElements));
            }
        }
    }
}

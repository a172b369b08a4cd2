using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Engine;

namespace FastMerge.Extraction;

/// <summary>Where the parts are in the memory of a weight: the difference first. All are binary32.</summary>
sealed unsafe class FactorMemory
{
    const long Alignment = 4096;
    const long LargestPart = 1 << 28;

    readonly NativeBlock _block;

    /// <summary>Divides a block of <see cref="BytesOf"/>.</summary>
    public FactorMemory(WeightTask task, NativeBlock block, DType dtype)
    {
        _block = block;
        var (rows, columns, most) = (task.Weight.Rows, task.Weight.Columns, task.MostTriplets);
        var places = PlacesOf(task, dtype);
        Difference = new(At(0), rows, columns);
        Left = new(At(places[0]), rows, most);
        Right = new(At(places[1]), columns, most);
        (Packed, Encoded) = (At(places[2]), At(places[3]));
    }

    /// <summary>One difference.</summary>
    public MatrixView Difference { get; }

    /// <summary>Left vectors as columns.</summary>
    public MatrixView Left { get; }

    /// <summary>Right vectors as columns.</summary>
    public MatrixView Right { get; }

    /// <summary>A factor in its order.</summary>
    public nint Packed { get; }

    /// <summary>A factor as it is stored.</summary>
    public nint Encoded { get; }

    /// <summary>The two halves of all of it, once the parts are no longer needed.</summary>
    public (nint First, nint Second, long Floats) Halves
    {
        get
        {
            var half = _block.Bytes / 2 & -Alignment;
            return (At(0), At(half), Math.Min(half / sizeof(float), LargestPart));
        }
    }

    /// <summary>Bytes for a weight; of experts for one, and for one row of all experts' B.</summary>
    public static long BytesOf(WeightTask task, DType dtype) => Math.Max(
        PlacesOf(task, dtype)[4], task.Weight.IsStack ? 2 * Round(task.Weight.Count * task.MostTriplets * sizeof(float))
            : 0);

    /// <summary>U sqrt(S) and V sqrt(S) of some rank, in place.</summary>
    public (MatrixView Left, MatrixView Right) Rooted(DifferenceSpectrum found, int rank)
    {
        double[] roots = [.. found.Values.Take(rank).Select(Math.Sqrt)];
        var (left, right) = (Left.ColumnsFrom(0, rank), Right.ColumnsFrom(0, rank));
        MatrixArena.Scale(left, [], roots);
        MatrixArena.Scale(right, [], roots);
        return (left, right);
    }

    nint At(long place) => (nint)(_block.Data + place);

    /// <summary>The places of vectors, of a packed and an encoded factor, and the end.</summary>
    static long[] PlacesOf(WeightTask task, DType dtype)
    {
        var (rows, columns, most) = (task.Weight.Rows, task.Weight.Columns, (long)task.MostTriplets);
        var longest = most * Math.Max(rows, columns);
        var places = new long[5];
        places[0] = Round(rows * columns * sizeof(float));
        places[1] = places[0] + Round(rows * most * sizeof(float));
        places[2] = places[1] + Round(columns * most * sizeof(float));
        places[3] = places[2] + Round(longest * sizeof(float));
        places[4] = places[3] + Round(longest * dtype.Bits() / 8);
        return places;
    }

    static long Round(long bytes) => (bytes + Alignment - 1) & -Alignment;
}

/// <summary>Rounds factors to their dtype.</summary>
sealed unsafe class FactorEncoding(TensorSweeps sweeps, Worker worker, DType dtype)
{
    /// <summary>Rounds elements; returns their bytes.</summary>
    /// <param name="values">Binary32.</param>
    /// <param name="count">Their number.</param>
    /// <param name="encoded">Where the bytes go.</param>
    public ReadOnlySpan<byte> Of(nint values, long count, nint encoded)
    {
        const string Name = "factor";
        var state = new TensorState(ExtractionPlan.Encoded(Name, count, dtype), 0);
        foreach (var _ in sweeps.Prepare(state, Name)) { }
        var model = (byte*)values;
        state.Compute(new(0, count), new() { Models = &model }, (byte*)encoded, worker);
        return new((byte*)encoded, checked((int)(count * dtype.Bits() / 8)));
    }
}

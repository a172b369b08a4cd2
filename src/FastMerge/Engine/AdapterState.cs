using FastMerge.Backends;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Input;
using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>An adapter's update of one tensor that is read: its factors are loaded when the first chunk is
/// fetched, and let go when the tensor is done.</summary>
sealed unsafe class AdapterState(AdapterSource source)
{
    const int BlockBytes = 1 << 18;

    readonly object _gate = new();
    LowRankFactors? _factors;
    long _nonFinite;

    /// <summary>The tensor without and with the update.</summary>
    public AdapterSource Source => source;

    /// <summary>Bytes that loading takes beside the factors, in each reading thread.</summary>
    public static long LoadBytes => BlockBytes + InputBytes.Slack;

    /// <summary>Loads the factors, once; returns the bytes that were read.</summary>
    public long Load(InputSet inputs, bool zeroNonFinite)
    {
        lock (_gate)
        {
            if (_factors is not null) return 0;
            var update = source.Update;
            var factors = new LowRankFactors(
                new(update.Matrices, update.Rows, update.Columns, update.Rank, update.RightStride), update.Scale,
                update.Magnitudes is not null, zeroNonFinite, $"tensor {DisplayText.Escape(source.Spec.Name)}");
            try
            {
                _nonFinite = Fill(factors, inputs);
                _factors = factors;
            }
            finally
            {
                if (_factors is null) factors.Dispose();
            }
            return update.StoredInputs.Sum(t => t.Spec.ByteCount);
        }
    }

    /// <summary>The factors of one of the tensor's matrices, once they are loaded.</summary>
    public (MatrixView Left, MatrixView Right) FactorsOf(long matrix) =>
        (_factors!.LeftOf(matrix), _factors.RightOf(matrix));

    /// <summary>NaN and Inf of the factors.</summary>
    public long NonFinite => _nonFinite;

    /// <summary>NaN and Inf of the factors that were read as 0; others show in the result.</summary>
    public long ZeroedFactors(bool zeroNonFinite) => zeroNonFinite ? _nonFinite : 0;

    /// <summary>Computes the updated elements of a range; returns how many NaN and Inf of the input were read as
    /// 0.</summary>
    public long Compute(ElementRange range, byte* input, float* output, bool zeroNonFinite)
    {
        var found = _factors!.Add(input, source.Inner.Spec.DType, range.First, range.Count, output);
        return zeroNonFinite ? found : 0;
    }

    /// <summary>Lets the factors go; they are loaded again if they are wanted again.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _factors?.Dispose();
            _factors = null;
        }
    }

    long Fill(LowRankFactors factors, InputSet inputs)
    {
        var update = source.Update;
        var found = 0L;
        if (update.Left is { } left)
            found += Load(left.Tensor, inputs, (data, first, count) =>
                factors.LoadLeft(data, left.Tensor.Spec.DType, first, count, Placement(left)));
        else factors.FillLeft();
        found += Load(update.Right.Tensor, inputs, (data, first, count) =>
            factors.LoadRight(data, update.Right.Tensor.Spec.DType, first, count, Placement(update.Right)));
        if (update.Magnitudes is { } norms)
            found += Load(norms, inputs, (data, first, count) =>
                factors.LoadMagnitudes(data, norms.Spec.DType, first, count));
        return found;
    }

    delegate long LoadBlock(byte* data, long first, long count);

    /// <summary>Reads a stored tensor block by block.</summary>
    static long Load(InputTensor tensor, InputSet inputs, LoadBlock load)
    {
        var bytes = inputs.Of(tensor.Shard);
        using var buffer = bytes.NeedsBuffer ? new NativeBlock(LoadBytes) : null;
        var size = tensor.Spec.DType.Bits() / 8;
        long found = 0, step = BlockBytes / size;
        for (long first = 0; first < tensor.Spec.ElementCount; first += step)
        {
            var count = Math.Min(step, tensor.Spec.ElementCount - first);
            var data = bytes.Fetch(
                tensor.FileOffset + first * size, (int)(count * size), buffer is null ? null : buffer.Data);
            found += load(data, first, count);
        }
        return found;
    }

    static LowRankPlacement Placement(FactorPlacement factor) =>
        new(factor.CountB, factor.CountC, factor.StrideA, factor.StrideB, factor.StrideC);
}

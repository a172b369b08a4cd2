using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>The rules that tie the ranges of a header to each other and to the file.</summary>
static class HeaderRanges
{
    /// <summary>Sorts by range; holes, overlaps, wrong byte counts and a wrong file length are failures.</summary>
    public static void Check(List<TensorRange> tensors, long headerBytes, long fileLength, string name)
    {
        if (!IsSorted(tensors)) tensors.Sort(Compare);
        var running = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != running || tensor.End < tensor.Begin) throw BadRange(tensor, running, name);
            CheckByteCount(tensor, name);
            running = tensor.End;
        }
        var needed = (Int128)headerBytes + running;
        if (needed != fileLength)
        {
            throw SafetensorsHeader.Bad(name, needed > fileLength
                ? $"the header describes {needed} bytes but the file has {fileLength}: it is truncated"
                : $"the header describes {needed} bytes but the file has {fileLength}: bytes follow the last tensor");
        }
    }

    /// <summary>Adds one warning when elements start at addresses that are no multiple of their size.</summary>
    public static void WarnOfAlignment(List<TensorRange> tensors, List<string> warnings, string name)
    {
        var odd = tensors.Where(t => t.Begin % Math.Max(1, t.Spec.DType.Bits() / 8) != 0).ToArray();
        if (odd.Length == 0) return;
        warnings.Add($"{DisplayText.Escape(name)}: {odd.Length} tensor(s) start at an unaligned offset, "
            + $"first {SafetensorsHeader.Quote(odd[0].Spec.Name)} ({odd[0].Spec.DType} at {odd[0].Begin})");
    }

    static bool IsSorted(List<TensorRange> tensors)
    {
        for (var i = 1; i < tensors.Count; i++)
        {
            if (Compare(tensors[i - 1], tensors[i]) > 0) return false;
        }
        return true;
    }

    static int Compare(TensorRange a, TensorRange b) =>
        a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin)
        : a.End != b.End ? a.End.CompareTo(b.End)
        : string.CompareOrdinal(a.Spec.Name, b.Spec.Name);

    static FastMergeException BadRange(TensorRange tensor, long expected, string name)
    {
        var problem = tensor.End < tensor.Begin ? "ends before it begins"
            : tensor.Begin > expected ? $"leaves a hole: the data before it ends at {expected}"
            : $"overlaps the data before it, which ends at {expected}";
        return SafetensorsHeader.Bad(name, $"tensor {SafetensorsHeader.Quote(tensor.Spec.Name)} with data_offsets "
            + $"[{tensor.Begin}, {tensor.End}] {problem}");
    }

    static void CheckByteCount(TensorRange tensor, string name)
    {
        var spec = tensor.Spec;
        var bits = (Int128)spec.ElementCount * spec.DType.Bits();
        if (bits == (Int128)(tensor.End - tensor.Begin) * 8) return;
        throw SafetensorsHeader.Bad(name, $"tensor {SafetensorsHeader.Quote(spec.Name)}: {spec.DType} "
            + (bits % 8 != 0
                ? $"with {spec.ElementCount} elements does not fill whole bytes"
                : $"{spec.ShapeText} needs {bits / 8} bytes but data_offsets [{tensor.Begin}, {tensor.End}] "
                    + $"hold {tensor.End - tensor.Begin}"));
    }
}

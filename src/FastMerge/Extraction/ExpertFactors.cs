using System.Runtime.InteropServices;
using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Extraction;

/// <summary>
/// The factors of fused experts on their way. As the rank is known when all experts are, each expert's sqrt(S) U^T and
/// sqrt(S) V^T wait in the file; then they are written together: A by expert and k, B by k and expert. Experts with
/// fewer directions have zeros.
/// </summary>
/// <param name="task">The tensor.</param>
/// <param name="memory">What one expert is worked on in.</param>
/// <param name="file">Where factors go.</param>
/// <param name="dtype">Their dtype.</param>
sealed unsafe class ExpertFactors(WeightTask task, FactorMemory memory, FactorFile file, DType dtype) : IDisposable
{
    readonly FileRoom _room = file.Rent(
        task.Weight.Count * task.MostTriplets * (task.Weight.Rows + task.Weight.Columns) * sizeof(float));

    readonly int[] _ranks = new int[task.Weight.Count];

    long Rows => task.Weight.Rows;

    long Columns => task.Weight.Columns;

    /// <summary>Puts an expert's triplets away, those that are in memory.</summary>
    public void Keep(int expert, DifferenceSpectrum found)
    {
        var rank = _ranks[expert] = Math.Min(task.MostTriplets, found.Count);
        if (rank == 0) return;
        var (left, right) = memory.Rooted(found, rank);
        foreach (var (vectors, isRight) in new[] { (left, false), (right, true) })
        {
            MatrixArena.Add(1, vectors, true, 0, new(memory.Packed, rank, vectors.Rows));
            file.Write(PlaceOf(expert, 0, isRight), Floats(memory.Packed, rank * vectors.Rows));
        }
    }

    /// <summary>Writes A and B.</summary>
    public void Write(int rank, FactorEncoding encode)
    {
        var specs = task.Weight.Factors(rank, dtype);
        WriteInputs(rank, file.Place(specs[0]), encode);
        WriteOutputs(rank, file.Place(specs[1]), encode);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Return(_room);

    /// <summary>A, (E r) x d1: as many of its rows at once as there is memory for.</summary>
    void WriteInputs(int rank, long offset, FactorEncoding encode)
    {
        var (values, encoded, floats) = memory.Halves;
        var (all, most) = (task.Weight.Count * rank, floats / Rows);
        for (long first = 0; first < all; first += most)
        {
            var count = Math.Min(most, all - first);
            for (long i = 0; i < count; i++)
                Read((int)((first + i) / rank), (first + i) % rank, false, 0, values + Bytes(i * Rows), Rows);
            file.Write(offset + first * Rows * dtype.Bits() / 8, encode.Of(values, count * Rows, encoded));
        }
    }

    /// <summary>B, d2 x (r E): of as many columns of all sqrt(S) V^T as there is memory for the transpose.</summary>
    void WriteOutputs(int rank, long offset, FactorEncoding encode)
    {
        var (values, turned, floats) = memory.Halves;
        var (experts, width) = (task.Weight.Count, task.Weight.Count * rank);
        var most = Math.Min(floats / width, Columns);
        for (long first = 0; first < Columns; first += most)
        {
            var count = Math.Min(most, Columns - first);
            for (long i = 0; i < width; i++)
                Read((int)(i % experts), i / experts, true, first, values + Bytes(i * count), count);
            MatrixArena.Add(1, new(values, width, count), true, 0, new(turned, count, width));
            file.Write(offset + first * width * dtype.Bits() / 8, encode.Of(turned, count * width, values));
        }
    }

    /// <summary>A part of an expert's k-th row.</summary>
    void Read(int expert, long k, bool isRight, long first, nint values, long count)
    {
        if (k >= _ranks[expert]) NativeMemory.Clear((void*)values, (nuint)(count * sizeof(float)));
        else file.Read(PlaceOf(expert, k, isRight) + first * sizeof(float), Floats(values, count));
    }

    long PlaceOf(int expert, long k, bool isRight) => _room.Offset + sizeof(float) * (isRight
        ? (task.Weight.Count * Rows + expert * Columns) * task.MostTriplets + k * Columns
        : expert * Rows * task.MostTriplets + k * Rows);

    static nint Bytes(long floats) => (nint)(floats * sizeof(float));

    static Span<byte> Floats(nint values, long count) => new((void*)values, checked((int)(count * sizeof(float))));
}

using System.Runtime.InteropServices;
using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The values of a program's symbols for one tensor, in the order of the program's lists.</summary>
/// <param name="Uniforms">Single values, then the models' values of each model uniform; one block for each row if there
/// are rows.</param>
/// <param name="Columns">For each array, then for the models of each model array, the values of all columns; null where
/// ranks are supplied with each chunk.</param>
/// <param name="Cuts">For each cut, one for each model.</param>
/// <param name="Randoms">For each random mask, one for each model.</param>
sealed record ProgramValues(float[] Uniforms, ElementCut[] Cuts, RandomMask[] Randoms, float[]?[] Columns);

/// <summary>Single values that differ from row to row.</summary>
/// <param name="Length">Elements of a row; 0 when there are no such values.</param>
/// <param name="Uniforms">Blocks of values from that of the row on that holds a chunk's first element.</param>
readonly record struct RowValues(long Length, float[] Uniforms);

/// <summary>The storage of a tensor's inputs and of its result.</summary>
sealed record ProgramDTypes(DType? Base, DType[] Models, DType? Output);

/// <summary>
/// A program with the values and dtypes of one tensor. Runs on any chunk, from many threads at once.
/// </summary>
sealed unsafe class BoundProgram
{
    const uint Interpret = 1;
    const uint ZeroNonFinite = 2;
    const uint CountNonFinite = 4;
    const uint JoinRows = 8;
    const uint PartOfRow = 16;
    const int MostOnStack = 64;

    readonly CompiledProgram _program;
    readonly ProgramDTypes _dtypes;
    readonly float[] _uniforms;
    readonly NativeCut[] _cuts;
    readonly NativeRandom[] _randoms;
    readonly float[]?[] _columns;
    readonly uint _flags;
    readonly string _what;

    /// <summary>Binds a program; <paramref name="what"/> names the tensor in failures.</summary>
    public BoundProgram(
        CompiledProgram program, ProgramDTypes dtypes, ProgramValues values, bool interpret, bool zeroNonFinite,
        string what)
    {
        (_program, _dtypes, _what) = (program, dtypes, what);
        _uniforms = NotEmpty(values.Uniforms);
        _cuts = NotEmpty([.. values.Cuts.Select(c => c.ToNative())]);
        _randoms = NotEmpty([.. values.Randoms.Select(r => r.ToNative())]);
        // Their addresses are given to the library at every run.
        _columns = [.. values.Columns.Select(Pinned)];
        _flags = (interpret ? Interpret : 0) | (zeroNonFinite ? ZeroNonFinite : 0);
    }

    int Models => Program.ReadsModels ? _dtypes.Models.Length : 0;

    /// <summary>The program.</summary>
    public ElementProgram Program => _program.Program;

    /// <summary>Runs a Map pass over a chunk.</summary>
    public NonFiniteElements Map(
        long first, long count, in ChunkInputs inputs, byte* output, RowValues rows = default)
    {
        NonFiniteElements found = default;
        Run(first, count, inputs, output, rows, 0, ref found, new MapCall());
        return found;
    }

    /// <summary>Runs a Reduce pass over a chunk as a part of the whole tensor.</summary>
    public void Reduce(
        long first, long count, in ChunkInputs inputs, Span<double> sums, RowValues rows = default)
    {
        NonFiniteElements unused = default;
        fixed (double* data = sums)
            Run(first, count, inputs, null, rows, JoinRows, ref unused, new ReduceCall(data, sums.Length));
    }

    /// <summary>Runs a Reduce pass over whole rows, or over a part of one.</summary>
    public void ReduceRows(
        long first, long count, in ChunkInputs inputs, Span<double> sums, RowValues rows, bool isPart)
    {
        NonFiniteElements unused = default;
        fixed (double* data = sums)
            Run(first, count, inputs, null, rows, isPart ? PartOfRow : 0, ref unused,
                new ReduceCall(data, sums.Length));
    }

    /// <summary>Adds a chunk to reductions by column.</summary>
    public void ReduceColumns(long first, long count, in ChunkInputs inputs, long columns, Span<double> values)
    {
        NonFiniteElements unused = default;
        fixed (double* data = values)
            Run(first, count, inputs, null, new(columns, _uniforms), 0, ref unused,
                new ColumnCall(data, values.Length));
    }

    /// <summary>Runs a selection's current reading over a chunk; the tensor is behind a number of elements.</summary>
    public void Select(
        Selection selection, long before, int worker, long first, long count, in ChunkInputs inputs,
        RowValues rows = default)
    {
        NonFiniteElements unused = default;
        Run(first, count, inputs, null, rows, 0, ref unused, new SelectCall(selection, before, worker));
    }

    /// <summary>Ranks whole rows: one number for each element and entry of the program.</summary>
    public void Rank(long first, long count, in ChunkInputs inputs, RowValues rows, float* ranks, long room)
    {
        NonFiniteElements unused = default;
        Run(first, count, inputs, null, rows, 0, ref unused, new RankCall(ranks, room));
    }

    interface ICall
    {
        bool CountsNonFinite { get; }

        void Invoke(CompiledProgram program, NativeRun* run, string what);
    }

    readonly struct MapCall : ICall
    {
        public bool CountsNonFinite => true;

        public void Invoke(CompiledProgram program, NativeRun* run, string what) => program.Map(run, what);
    }

    readonly struct ReduceCall(double* sums, int count) : ICall
    {
        public bool CountsNonFinite => false;

        public void Invoke(CompiledProgram program, NativeRun* run, string what) =>
            program.Reduce(run, new Span<double>(sums, count), what);
    }

    readonly struct SelectCall(Selection selection, long before, int worker) : ICall
    {
        public bool CountsNonFinite => false;

        public void Invoke(CompiledProgram program, NativeRun* run, string what) =>
            selection.Run(program, run, before, worker, what);
    }

    readonly struct ColumnCall(double* values, int count) : ICall
    {
        public bool CountsNonFinite => false;

        public void Invoke(CompiledProgram program, NativeRun* run, string what) =>
            program.ReduceColumns(run, new Span<double>(values, count), what);
    }

    readonly struct RankCall(float* ranks, long count) : ICall
    {
        public bool CountsNonFinite => false;

        public void Invoke(CompiledProgram program, NativeRun* run, string what) =>
            program.Rank(run, ranks, count, what);
    }

    void Run<T>(
        long first, long count, in ChunkInputs inputs, byte* output, RowValues rows, uint flags,
        ref NonFiniteElements found, T call)
        where T : ICall
    {
        var differs = rows.Uniforms is not null && !ReferenceEquals(rows.Uniforms, _uniforms);
        var models = Models;
        var modelBuffers = models <= MostOnStack ? stackalloc NativeBuffer[MostOnStack] : new NativeBuffer[models];
        for (var k = 0; k < models; k++) modelBuffers[k] = Buffer(inputs.Models[k], _dtypes.Models[k], inputs.Skip);
        var single = Program.ReadsBase ? Buffer(inputs.Base, _dtypes.Base!.Value, inputs.Skip) : default;
        var result = output is null ? default : Buffer(output, _dtypes.Output!.Value, 0);
        var arrays = _columns.Length <= MostOnStack
            ? stackalloc NativeArray[MostOnStack] : new NativeArray[_columns.Length];
        FindArrays(inputs, arrays);
        fixed (NativeArray* arrayData = arrays)
        fixed (NativeBuffer* modelData = modelBuffers)
        fixed (float* uniformData = differs ? rows.Uniforms : _uniforms)
        fixed (NativeCut* cuts = _cuts)
        fixed (NativeRandom* randoms = _randoms)
        {
            var run = new NativeRun
            {
                StructSize = sizeof(NativeRun),
                Flags = _flags | flags | (call.CountsNonFinite ? CountNonFinite : 0),
                Models = models,
                FirstElement = first,
                ElementCount = count,
                SingleInputs = &single,
                ModelInputs = modelData,
                Outputs = &result,
                Uniforms = uniformData,
                RowLength = rows.Length,
                RowStride = differs ? UniformBlock(_program.Program, models) : 0,
                Cuts = cuts,
                Randoms = randoms,
                Arrays = arrayData,
            };
            call.Invoke(_program, &run, _what);
            var seen = single.NonFinite;
            for (var k = 0; k < models; k++) seen += modelBuffers[k].NonFinite;
            found = new(seen, result.NonFinite);
        }
    }

    /// <summary>Floats of one block of uniforms.</summary>
    public static int UniformBlock(ElementProgram program, int models) =>
        program.Uniforms.Count + program.ModelUniforms.Count * models;

    void FindArrays(in ChunkInputs inputs, Span<NativeArray> arrays)
    {
        var ranked = 0;
        for (var i = 0; i < _columns.Length; i++)
            arrays[i] = _columns[i] is { } column
                ? new() { Data = (float*)Marshal.UnsafeAddrOfPinnedArrayElement(column, 0), Period = column.Length }
                : new() { Data = inputs.Ranks[ranked++] };
    }

    static NativeBuffer Buffer(byte* data, DType dtype, long skip) =>
        new() { Data = data + skip * dtype.Bits() / 8, DType = (int)KernelDTypes.Of(dtype) };

    static float[]? Pinned(float[]? values)
    {
        if (values is null) return null;
        var pinned = GC.AllocateUninitializedArray<float>(Math.Max(1, values.Length), pinned: true);
        values.CopyTo(pinned, 0);
        return pinned;
    }

    /// <summary>Never empty, so that a program without such values still gets an address.</summary>
    static T[] NotEmpty<T>(T[] values) => values.Length == 0 ? new T[1] : values;
}

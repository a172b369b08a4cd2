using FastMerge.Core;
using FastMerge.Interop;

namespace FastMerge.Backends;

/// <summary>The values of a program's symbols for one tensor, in the order of the program's lists.</summary>
/// <param name="Uniforms">Single values, then the models' values of each model uniform; one block for each row if there
/// are rows.</param>
/// <param name="Cuts">For each cut, one for each model.</param>
/// <param name="Randoms">For each random mask, one for each model.</param>
sealed record ProgramValues(float[] Uniforms, ElementCut[] Cuts, RandomMask[] Randoms);

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
    const int MostOnStack = 64;

    readonly CompiledProgram _program;
    readonly ProgramDTypes _dtypes;
    readonly float[] _uniforms;
    readonly NativeCut[] _cuts;
    readonly NativeRandom[] _randoms;
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
        _flags = (interpret ? Interpret : 0) | (zeroNonFinite ? ZeroNonFinite : 0);
    }

    int Models => Program.ReadsModels ? _dtypes.Models.Length : 0;

    /// <summary>The program.</summary>
    public ElementProgram Program => _program.Program;

    /// <summary>Runs a Map pass over a chunk.</summary>
    public NonFiniteElements Map(long first, long count, in ChunkInputs inputs, byte* output)
    {
        NonFiniteElements found = default;
        Run(first, count, inputs, output, 0, _uniforms, ref found, new MapCall());
        return found;
    }

    /// <summary>
    /// Runs a Map pass whose single values differ from row to row: <paramref name="rowUniforms"/> begins with the
    /// block of the row that holds the first element.
    /// </summary>
    public NonFiniteElements MapRows(
        long first, long count, in ChunkInputs inputs, byte* output, long rowLength, float[] rowUniforms)
    {
        NonFiniteElements found = default;
        Run(first, count, inputs, output, rowLength, rowUniforms, ref found, new MapCall());
        return found;
    }

    /// <summary>Runs a Reduce pass over a chunk; with a row length it is whole rows.</summary>
    public void Reduce(long first, long count, in ChunkInputs inputs, long rowLength, Span<double> sums)
    {
        NonFiniteElements unused = default;
        fixed (double* data = sums)
            Run(first, count, inputs, null, rowLength, _uniforms, ref unused, new ReduceCall(data, sums.Length));
    }

    /// <summary>Runs a selection's current reading over a chunk; the tensor is behind a number of elements.</summary>
    public void Select(
        Selection selection, long before, int worker, long first, long count, in ChunkInputs inputs)
    {
        NonFiniteElements unused = default;
        Run(first, count, inputs, null, 0, _uniforms, ref unused, new SelectCall(selection, before, worker));
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

    void Run<T>(
        long first, long count, in ChunkInputs inputs, byte* output, long rowLength, float[] uniforms,
        ref NonFiniteElements found, T call)
        where T : ICall
    {
        var models = Models;
        var modelBuffers = models <= MostOnStack ? stackalloc NativeBuffer[MostOnStack] : new NativeBuffer[models];
        for (var k = 0; k < models; k++) modelBuffers[k] = Buffer(inputs.Models[k], _dtypes.Models[k]);
        var single = Program.ReadsBase ? Buffer(inputs.Base, _dtypes.Base!.Value) : default;
        var result = output is null ? default : Buffer(output, _dtypes.Output!.Value);
        fixed (NativeBuffer* modelData = modelBuffers)
        fixed (float* uniformData = uniforms)
        fixed (NativeCut* cuts = _cuts)
        fixed (NativeRandom* randoms = _randoms)
        {
            var run = new NativeRun
            {
                StructSize = sizeof(NativeRun),
                Flags = _flags | (call.CountsNonFinite ? CountNonFinite : 0),
                Models = models,
                FirstElement = first,
                ElementCount = count,
                SingleInputs = &single,
                ModelInputs = modelData,
                Outputs = &result,
                Uniforms = uniformData,
                RowLength = rowLength,
                RowStride = rowLength > 0 ? UniformBlock(_program.Program, models) : 0,
                Cuts = cuts,
                Randoms = randoms,
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

    static NativeBuffer Buffer(byte* data, DType dtype) => new() { Data = data, DType = (int)KernelDTypes.Of(dtype) };

    /// <summary>Never empty, so that a program without such values still gets an address.</summary>
    static T[] NotEmpty<T>(T[] values) => values.Length == 0 ? new T[1] : values;
}

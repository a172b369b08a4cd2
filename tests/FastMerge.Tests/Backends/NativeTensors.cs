using FastMerge.Backends;
using FastMerge.Interop;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>
/// The tensors of a <see cref="ReferenceRun"/> in native memory, each at an odd address, and an fm_run over any part
/// of them.
/// </summary>
sealed unsafe class NativeTensors : IDisposable
{
    const int Guard = 64;
    const byte GuardByte = 0xa5;

    readonly ReferenceRun _run;
    readonly NativeBlock _memory;
    readonly byte*[] _inputs;
    readonly EncodedTensor[] _stored;
    readonly int _singles;
    readonly int _uniformBlock;
    readonly KernelDType _output;
    readonly byte* _outputStart;
    readonly byte* _tables;

    /// <summary>Copies the inputs; results go to an output of the given dtype.</summary>
    public NativeTensors(ReferenceRun run, KernelDType output, int misalignment)
    {
        (_run, _output, _singles) = (run, output, run.SingleInputs.Count);
        _stored = [.. run.SingleInputs, .. run.ModelInputs];
        var outputBytes = run.Count * ScalarCodec.Size(output);
        _uniformBlock = run.RowLength == 0 ? run.Uniforms.Count : run.RowStride;
        var tables = 4096 + 4 * run.Uniforms.Count + 64 * (run.Cuts.Count + run.Randoms.Count + _stored.Length + 1)
            + run.Arrays.Sum(a => 16 + 4 * a.Values.Length);
        _memory = new(_stored.Sum(t => t.Bytes.Length + 2L * Guard + 64) + outputBytes + 2 * Guard + 128 + tables);
        _inputs = new byte*[_stored.Length];
        var at = _memory.Data;
        _tables = at;
        at += tables / 64 * 64;
        for (var i = 0; i < _stored.Length; i++)
        {
            _inputs[i] = at + Guard + (misalignment * (i + 1)) % 8;
            _stored[i].Bytes.AsSpan().CopyTo(new(_inputs[i], _stored[i].Bytes.Length));
            at += (_stored[i].Bytes.Length + 2 * Guard + 63) / 64 * 64;
        }
        _outputStart = at + Guard + misalignment;
        WriteTables();
    }

    NativeBuffer* Buffers => (NativeBuffer*)_tables;

    NativeCut* Cuts => (NativeCut*)(Buffers + _stored.Length + 1);

    NativeRandom* Randoms => (NativeRandom*)(Cuts + _run.Cuts.Count);

    NativeArray* Arrays => (NativeArray*)(Randoms + _run.Randoms.Count);

    float* Uniforms => (float*)(Arrays + _run.Arrays.Count);

    float* ArrayValues => Uniforms + _run.Uniforms.Count;

    /// <summary>NaN and Inf elements counted so far: inputs, then the output.</summary>
    public long[] NonFinite
    {
        get
        {
            var counts = new long[_stored.Length + 1];
            for (var i = 0; i < counts.Length; i++) counts[i] = Buffers[i].NonFinite;
            return counts;
        }
    }

    /// <summary>An fm_run over a part of the tensors.</summary>
    public NativeRun Over(int first, int count, uint flags = 0)
    {
        for (var i = 0; i < _stored.Length; i++)
            Buffers[i].Data = _inputs[i] + (long)first * ScalarCodec.Size(_stored[i].DType);
        Buffers[_stored.Length].Data = _outputStart;
        var values = ArrayValues;
        for (var i = 0; i < _run.Arrays.Count; values += _run.Arrays[i++].Values.Length)
            Arrays[i] = new()
            {
                Data = values + (_run.Arrays[i].Period == 0 ? first : 0),
                Period = _run.Arrays[i].Period,
            };
        var row = _run.RowLength == 0 ? 0 : first / _run.RowLength;
        return new()
        {
            StructSize = sizeof(NativeRun),
            Flags = flags,
            Models = _run.Models,
            FirstElement = _run.FirstElement + first,
            ElementCount = count,
            SingleInputs = Buffers,
            ModelInputs = Buffers + _singles,
            Outputs = Buffers + _stored.Length,
            Uniforms = Uniforms + row * _uniformBlock,
            RowLength = _run.RowLength,
            RowStride = _run.RowStride,
            Cuts = Cuts,
            Randoms = Randoms,
            Arrays = Arrays,
        };
    }

    /// <summary>Whether Map gives exactly these elements and writes nothing else.</summary>
    public bool MapGives(CompiledProgram program, EncodedTensor expected, int first, int count, uint flags)
    {
        var size = ScalarCodec.Size(_output);
        var whole = new Span<byte>(_outputStart - Guard, count * size + 2 * Guard);
        whole.Fill(GuardByte);
        var run = Over(first, count, flags);
        program.Map(&run, "test");
        return whole[Guard..^Guard].SequenceEqual(expected.Bytes.AsSpan(first * size, count * size))
            && !whole[..Guard].ContainsAnyExcept(GuardByte) && !whole[^Guard..].ContainsAnyExcept(GuardByte);
    }

    /// <summary>The first element of the last Map that is not as expected, in words.</summary>
    public string Difference(EncodedTensor expected, int first, int count)
    {
        var size = ScalarCodec.Size(_output);
        var bytes = new ReadOnlySpan<byte>(_outputStart, count * size).ToArray();
        for (var i = 0; i < count; i++)
            if (!bytes.AsSpan(i * size, size).SequenceEqual(expected.Bytes.AsSpan((first + i) * size, size)))
                return $"element {first + i} is {new EncodedTensor(_output, bytes)[i]:R}, not {expected[first + i]:R}, "
                    + $"of {string.Join(", ", _stored.Select(t => t[first + i].ToString("R")))}";
        return "bytes outside the output were written";
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    void WriteTables()
    {
        for (var i = 0; i < _stored.Length; i++) Buffers[i].DType = (int)_stored[i].DType;
        Buffers[_stored.Length].DType = (int)_output;
        for (var i = 0; i < _run.Cuts.Count; i++) Cuts[i] = _run.Cuts[i].ToNative();
        for (var i = 0; i < _run.Randoms.Count; i++) Randoms[i] = _run.Randoms[i].ToNative();
        for (var i = 0; i < _run.Uniforms.Count; i++) Uniforms[i] = _run.Uniforms[i];
        var values = ArrayValues;
        foreach (var value in _run.Arrays.SelectMany(a => a.Values)) *values++ = value;
    }
}

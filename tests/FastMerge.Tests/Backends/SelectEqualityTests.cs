using FastMerge.Backends;
using FastMerge.Primitives;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Backends;

/// <summary>Selections on the CPU backend against sorting.</summary>
[Collection(NativeTargets.Name)]
public class SelectEqualityTests
{
    static readonly ElementProgram Deltas = ProgramWriter.Histogram([Tensor.Models() - Tensor.Base()], null);

    [Theory]
    [InlineData((int)KernelDType.F32, 3001)]
    [InlineData((int)KernelDType.BF16, 20011)]
    [InlineData((int)KernelDType.F16, 4096)]
    [InlineData((int)KernelDType.F8E4M3, 5003)]
    [InlineData((int)KernelDType.F8E5M2, 1)]
    [InlineData((int)KernelDType.F64, 2)]
    [InlineData((int)KernelDType.BF16, 0)]
    public void Cuts_keep_what_sorting_keeps(int dtype, int count)
    {
        for (var models = 1; models <= 3; models += 2)
        {
            var run = new Samples(count).Run(Deltas, models, (KernelDType)dtype, count, special: false);
            Compare(Deltas, run, [.. Requests(models, count)]);
        }
    }

    [Fact]
    public void Equal_magnitudes_are_kept_in_index_order()
    {
        const int count = 9001;
        var random = new Random(4);
        foreach (var distinct in new[] { 1, 2, 5, 300 })
        {
            var values = Enumerable.Range(0, count)
                .Select(_ => (random.Next(distinct) + 1) / 64f * (random.Next(2) * 2 - 1)).ToArray();
            var run = new ReferenceRun
            {
                Models = 1, Count = count, SingleInputs = [F32(new float[count])], ModelInputs = [F32(values)],
            };
            Compare(Deltas, run, [.. Requests(1, count)]);
        }
    }

    [Fact]
    public void Infinities_and_NaN_rank_above_numbers()
    {
        float[] values = [3, float.NaN, -1, float.PositiveInfinity, 0, float.NegativeInfinity, 1e-40f, -0f];
        var count = values.Length * 100;
        var repeated = Enumerable.Range(0, count).Select(i => values[i % values.Length]).ToArray();
        var run = new ReferenceRun
        {
            Models = 1, Count = count, SingleInputs = [F32(new float[count])], ModelInputs = [F32(repeated)],
        };
        Compare(Deltas, run, [.. Requests(1, count)]);
    }

    [Fact]
    public void NaN_of_any_payload_rank_alike()
    {
        uint[] codes = [0x7fc00001, 0xffffffff, 0x7f800001, 0x7fc00000, 0x3f800000, 0x7fa00000, 0xff800001];
        var tensor = new EncodedTensor(KernelDType.F32, [.. codes.SelectMany(BitConverter.GetBytes)]);
        var program = ProgramWriter.Histogram([Tensor.Models()], null);
        var run = new ReferenceRun { Models = 1, Count = codes.Length, ModelInputs = [tensor] };
        Compare(program, run, [.. Requests(1, codes.Length)]);
    }

    static IEnumerable<(int Entry, long Keep, bool Exact)> Requests(int entries, int count)
    {
        for (var entry = 0; entry < entries; entry++)
            foreach (var keep in new long[] { -1, 0, 1, count / 7, count / 2, count - 1, count, count + 5L })
                yield return (entry, keep, keep > count / 3);
    }

    static void Compare(ElementProgram program, ReferenceRun run, (int Entry, long Keep, bool Exact)[] requests)
    {
        var magnitudes = new ReferenceProgram(program).Magnitudes(run);
        var expected = requests.Select(r => Kept(BySorting(r), r.Entry)).ToArray();
        using var compiled = new CompiledProgram(program);
        using var tensors = new NativeTensors(run, KernelDType.F32, 3);
        NativeTargets.ForEach(target =>
        {
            foreach (var chunk in new[] { 100_000, 777, 4096 })
            {
                var cuts = Select(compiled, tensors, run.Count, requests, chunk);
                for (var i = 0; i < requests.Length; i++)
                {
                    CompareThreshold(cuts[i], requests[i]);
                    Assert.True(
                        expected[i].SequenceEqual(Kept(cuts[i], requests[i].Entry)),
                        $"{target}, {run.Count} elements, {requests[i]}, chunks of {chunk}: "
                        + $"{cuts[i]} instead of {BySorting(requests[i])}");
                }
            }
        });

        ElementCut BySorting((int Entry, long Keep, bool Exact) request) =>
            ReferenceSelection.Cut(magnitudes[request.Entry], request.Keep);

        void CompareThreshold(ElementCut cut, (int Entry, long Keep, bool Exact) request)
        {
            var threshold = ReferenceSelection.Threshold(magnitudes[request.Entry], request.Keep);
            if (request.Exact && run.Count > 0) Assert.Equal(threshold, cut.Magnitude);
        }

        bool[] Kept(ElementCut cut, int entry) =>
            [.. magnitudes[entry].Select((m, i) => m > cut.Threshold || (m == cut.Threshold && i < cut.Index))];
    }

    static unsafe ElementCut[] Select(
        CompiledProgram program, NativeTensors tensors, int count, (int Entry, long Keep, bool Exact)[] requests,
        int chunk)
    {
        const int workers = 3;
        using var selection = new Selection(requests.Max(r => r.Entry) + 1, requests, count, workers);
        SelectionPass? pass = new(0, count, false);
        while (pass is { } reading)
        {
            var starts = new List<long>();
            for (var first = reading.First; first < reading.First + reading.Count; first += chunk) starts.Add(first);
            if (!reading.Ordered) starts.Reverse();
            foreach (var first in starts)
            {
                var run = tensors.Over((int)first, (int)Math.Min(chunk, reading.First + reading.Count - first));
                selection.Run(program, &run, 0, reading.Ordered ? 0 : (int)(first / chunk % workers), "test");
            }
            pass = selection.Next();
        }
        return selection.Cuts();
    }

    static EncodedTensor F32(float[] values) => EncodedTensor.Of(KernelDType.F32, values);
}

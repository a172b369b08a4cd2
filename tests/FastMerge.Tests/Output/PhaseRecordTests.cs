using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

/// <summary>What a phase over the model has found is there after a crash, and only for its own merge.</summary>
public class PhaseRecordTests
{
    static readonly ulong[] Values = [0, 1, ulong.MaxValue, BitConverter.DoubleToUInt64Bits(-0.0)];

    readonly MemoryStorage _storage = new();
    readonly OutputScenario _scenario = OutputScenario.Sharded();

    [Fact]
    public void AResume_FindsIt()
    {
        using (var output = _scenario.Open(_storage))
        {
            Assert.Null(output.FindPhase(1));
            output.KeepPhase(1, Values);
            _scenario.WriteMissing(output, calls: 3);
        }
        using (var resumed = _scenario.Open(_storage, resume: true))
        {
            Assert.Null(resumed.FindPhase(0));
            Assert.Equal(Values, resumed.FindPhase(1));
            _scenario.WriteMissing(resumed);
            resumed.Publish(_scenario.SideFiles, OutputScenario.Lock);
        }
        OutputScenario.AssertEqual(_scenario.Expected(), _storage);
    }

    [Fact]
    public void ANewStart_ForgetsIt()
    {
        using (var output = _scenario.Open(_storage)) output.KeepPhase(0, Values);
        using var again = _scenario.Open(_storage, overwrite: true);
        Assert.Null(again.FindPhase(0));
    }

    [Fact]
    public void AFailingDisk_IsAnIoFailure()
    {
        for (var call = 1; ; call++)
        {
            var faulty = new FaultyStorage(new MemoryStorage(), call, StorageFault.DeviceError, false);
            try
            {
                using var output = _scenario.Open(faulty);
                output.KeepPhase(0, Values);
            }
            catch (Core.FastMergeException e)
            {
                Assert.Equal(Core.FailureKind.Io, e.Kind);
            }
            if (!faulty.Fired) return;
        }
    }
}

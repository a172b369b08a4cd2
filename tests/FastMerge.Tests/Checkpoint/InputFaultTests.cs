using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Every storage call of reading a model fails once; the failure says so and has its kind.</summary>
public sealed class InputFaultTests
{
    const string Folder = "/model";

    static MemoryStorage NewModel()
    {
        var storage = new MemoryStorage();
        storage.Put($"{Folder}/x1.safetensors", TestFolder.FileBytes(
            SafetensorsHeaderWriter.Write([TestFolder.F32("a", 1)])));
        storage.Put($"{Folder}/x2.safetensors", TestFolder.FileBytes(
            SafetensorsHeaderWriter.Write([TestFolder.F32("b", 1)])));
        storage.Put($"{Folder}/{ShardIndex.FileName}", Encoding.UTF8.GetBytes(
            """{"metadata":{"total_size":8},"weight_map":{"a":"x1.safetensors","b":"x2.safetensors"}}"""));
        storage.Put($"{Folder}/config.json", "{}"u8);
        storage.Put($"{Folder}/tokenizer_config.json", "{}"u8);
        return storage;
    }

    static void ReadAll(IStorage storage)
    {
        var checkpoint = InputCheckpoint.Open(new ModelLocation(Folder), storage, new HubCache("/hub"));
        foreach (var shard in checkpoint.Shards)
        {
            checkpoint.OpenShard(shard).Dispose();
            checkpoint.CheckUnchanged(shard);
        }
        Assert.Equal("tokenizer_config.json", Assert.Single(SideFiles.Find(checkpoint, storage)).FileName);
        Assert.Equal(2, checkpoint.Tensors.Count);
    }

    [Theory]
    [InlineData(StorageFault.DeviceError, FailureKind.Io)]
    [InlineData(StorageFault.NoPermission, FailureKind.Input)]
    public void AFailingCall_IsAFailureOfItsKind(StorageFault fault, FailureKind expected)
    {
        var model = NewModel();
        var calls = 0;
        while (true)
        {
            var storage = new FaultyStorage(model, calls + 1, fault);
            var failure = Record.Exception(() => ReadAll(storage));
            if (!storage.Fired)
            {
                Assert.Null(failure);
                break;
            }
            Assert.Equal(expected, Assert.IsType<FastMergeException>(failure).Kind);
            calls++;
        }
        Assert.True(calls > 20, $"{calls} calls");
    }
}

using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Core;
using FastMerge.Testing.Storage;

namespace FastMerge.Tests.Output;

/// <summary>A small merge whose output bytes are known, to be run over any storage.</summary>
sealed class OutputScenario
{
    public const string Folder = "/out/model";

    static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    public static readonly IBlockHasher Hasher = new ManagedBlockHasher();

    readonly byte[][] _data;

    OutputScenario(ShardLayout layout)
    {
        Layout = layout;
        _data = [.. layout.Tensors.Select((tensor, i) => Content(i, tensor.ByteCount))];
        Request = new()
        {
            Folder = Folder, Layout = layout, PlanHash = 0x1234, Threads = 1,
            PlanParts = [new("recipe", "ties of three"), new("seed", "0")],
        };
    }

    public ShardLayout Layout { get; }

    public OutputRequest Request { get; set; }

    public IReadOnlyList<OutputFile> SideFiles { get; set; } =
    [
        new("config.json", "{\"model_type\": \"llama\"}\n"u8.ToArray()),
        new("README.md", Encoding.UTF8.GetBytes(new string('r', 70_000))),
    ];

    public static MergeLock Lock { get; } = new(
        "fastmerge 0.1.0", 0, 7, "models: [a, b]\nname: Übung", [new("a", "model.safetensors", 10, "ab", "cd")], []);

    /// <summary>Three shards: several blocks, a short last block, an empty tensor, a scalar.</summary>
    public static OutputScenario Sharded() => new(ShardLayout.Create(
    [
        Tensor("model.layers.10.w", 1, 40_000), Tensor("model.layers.2.w", 300, 256),
        Tensor("model.embed", 2, 70_000), Tensor("model.layers.1.empty", 0, 5), Tensor("lm_head.bias"),
    ], 240_000, Metadata));

    /// <summary>One weight file without an index.</summary>
    public static OutputScenario Single() => new(ShardLayout.Create(
        [Tensor("b", 1, 40_000), Tensor("a", 300, 256)], 1 << 30, Metadata));

    static TensorSpec Tensor(string name, params long[] shape) => new(name, DType.BF16, [.. shape]);

    /// <summary>Opens, writes what is missing and publishes; returns the bytes that were kept.</summary>
    public long Run(IStorage storage, bool resume = false, bool overwrite = false)
    {
        using var output = Open(storage, resume, overwrite);
        WriteMissing(output);
        output.Publish(SideFiles, Lock);
        return output.KeptBytes;
    }

    /// <summary>The same merge into another folder.</summary>
    public OutputScenario To(string folder)
    {
        Request = Request with { Folder = folder };
        return this;
    }

    public OutputFolder Open(IStorage storage, bool resume = false, bool overwrite = false) =>
        OutputFolder.Open(Request with { Resume = resume, Overwrite = overwrite }, storage, Hasher);

    /// <summary>Writes all missing ranges in calls of at most two blocks; at most <paramref name="calls"/>.</summary>
    public void WriteMissing(OutputFolder output, int calls = int.MaxValue)
    {
        for (var tensor = 0; tensor < Layout.Tensors.Count; tensor++)
        {
            foreach (var range in output.MissingRanges(tensor))
            {
                for (var done = 0L; done < range.Length; done += 2 * OutputBlocks.Bytes)
                {
                    if (calls-- == 0) return;
                    Write(output, tensor, range.Offset + done, Math.Min(2 * OutputBlocks.Bytes, range.Length - done));
                }
            }
        }
    }

    public void Write(OutputFolder output, int tensor, long offset, long length)
    {
        var bytes = _data[tensor].AsSpan((int)offset, (int)length);
        var hashes = new UInt128[OutputBlocks.Count(length)];
        Hasher.HashBlocks(bytes, hashes);
        output.Write(tensor, offset, bytes, hashes);
    }

    /// <summary>The files of an undisturbed run.</summary>
    public SortedDictionary<string, byte[]> Expected()
    {
        var storage = new MemoryStorage();
        Run(storage);
        return storage.Files(Folder);
    }

    /// <summary>Fails unless the folder holds these files and nothing else.</summary>
    public static void AssertEqual(SortedDictionary<string, byte[]> expected, MemoryStorage storage)
    {
        var found = storage.Files(Folder);
        Assert.Equal(expected.Keys, found.Keys);
        Assert.Empty(storage.Folders(Folder));
        foreach (var (name, content) in expected)
            Assert.True(content.AsSpan().SequenceEqual(found[name]), $"'{name}' differs");
    }

    public static FastMergeException Fails(FailureKind kind, Action action)
    {
        var failure = Assert.Throws<FastMergeException>(action);
        Assert.Equal(kind, failure.Kind);
        Assert.DoesNotContain('\n', failure.Message);
        return failure;
    }

    /// <summary>Every third block is zero, as unwritten space reads.</summary>
    static byte[] Content(int tensor, long length)
    {
        var bytes = new byte[length];
        new Random(tensor + 1).NextBytes(bytes);
        for (var block = 1L; block * OutputBlocks.Bytes < length; block += 3)
        {
            var start = (int)(block * OutputBlocks.Bytes);
            bytes.AsSpan(start, (int)Math.Min(OutputBlocks.Bytes, length - start)).Clear();
        }
        return bytes;
    }
}

using FastMerge.Core;

namespace FastMerge.Tests.Cli;

/// <summary>A plan and a report whose values differ from field to field.</summary>
static class Samples
{
    public static ExtractReport Extraction => new()
    {
        Output = "adapter",
        Modules = [new("q\u001b_proj", 64, 32, 8, 4, 0.5), new("k_proj", 64, 32, 4, 12, 0.75), new("o", 4, 4, 0, 0, 1)],
        Saved = ["model.norm.weight"],
        Left = [],
        Bytes = 12345,
        Elapsed = TimeSpan.FromSeconds(2),
        Warnings = ["odd"],
    };

    public static MergePlan Plan { get; } = new()
    {
        Method = "ties",
        Base = "models/base",
        Models = ["models/a", "models/b\u001b[31m"],
        Donor = "models/base",
        Family = "llama",
        Stages = ["middle"],
        TensorPlans =
        [
            new()
            {
                Name = "model.layers.0.mlp.up\u202e", Stage = "middle", DType = "BF16", Shape = [2, 3], Role = "mlp",
                Layer = 0, Expert = null, Method = "ties", Passes = "select, map",
                Sources = [new("models/base", "model.layers.0.mlp.up\u202e", true), new("models/a", "other", false)],
                Values = [new("weight", [0.5, 0.25], null), new("normalize", [], "true")],
            },
        ],
        TensorGroups =
        [
            new("model.layers.{0-31}.mlp.up", null, 32, "mlp", "ties", "copy", "weight=0.5,0.1..0.9", "models/a"),
        ],
        Tensors = 291,
        Groups =
        [
            new("select, map", 226, 40_000_000_000, 13_000_000_000, "model.layers.0.mlp.up_proj.weight"),
            new("copy", 65, 532_480, 532_480, "model.norm\u202e.weight"),
        ],
        Phases =
        [
            new("middle", "ties", "select", 226, 6_476_005_376, 2, 77_712_064_512),
            new(null, "metagpt", "reduce", 65, 266_240, 1, 1_597_440),
        ],
        Parameters = 6_738_415_616,
        OutputBytes = 13_476_831_232,
        InputBytes = 40_430_493_696,
        Shards =
        [
            new("model-00001-of-00002.safetensors", 200, 9_000_000_000),
            new("model-00002-of-00002.safetensors", 91, 4_476_831_232),
        ],
        MemoryBytes = 4_000_000_000,
        PeakMemoryBytes = 1_200_000_000,
        ChunkBytes = 4_194_304,
        Threads = 2,
        Backend = "cpu",
        Seed = 7,
        Matrices = new(2, 1 << 20, 1e9, 2e9, 1e11, 5e10, 0.05, "OpenBLAS 0.3.21 Zen", 4),
        Disk = new(13_500_000_000, 120_000_000_000),
        Warnings = ["rows 31999 to 32000 are cut"],
    };

    public static MergeReport Report { get; } = new()
    {
        Output = "merged",
        Tensors = 291,
        OutputBytes = 13_476_831_232,
        KeptBytes = 0,
        InputBytes = 40_430_493_696,
        Elapsed = TimeSpan.FromSeconds(12.5),
        Seed = 7,
        AlreadyComplete = false,
        Hash = null,
        NonFinite = [new("lm_head.weight", 3, 2)],
        Warnings = ["lm_head.weight: 3 NaN or Inf in the inputs"],
    };

    public static ProgressEvent Progress { get; } = new(
        3_000_000_000, 13_476_831_232, 9_000_000_000, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(10));

    public static CheckpointInfo Checkpoint { get; } = new()
    {
        Model = "org/name",
        Folder = "/hub/snapshots/1",
        Commit = "0123456789abcdef0123456789abcdef01234567",
        Architecture = "LlamaForCausalLM",
        Parameters = 1_100_000_000,
        Bytes = 2_200_000_064,
        DTypes = [new(DType.BF16, 200, 1_099_999_984, 2_199_999_968), new(DType.F32, 1, 24, 96)],
        Files =
        [
            new("model.safetensors", 201, 2_200_020_000, "ab12", new Dictionary<string, string> { ["format"] = "pt" }),
        ],
        Tensors =
        [
            new(new("model.norm.weight", DType.F32, [24]), "model.safetensors", 20_000),
            new(new("evil\u001b[2J\u202e", DType.BF16, [2, 3]), "model.safetensors", 20_096),
        ],
        Warnings = ["metadata.total_size is missing"],
    };

    public static VerificationReport Verification { get; } = new()
    {
        Folder = "out",
        HasLock = true,
        Files = [new("fastmerge.lock.json", 900, null), new("model.safetensors", 2_000_000_000, null)],
        Notes = ["'old.safetensors' is not of this merge"],
        Elapsed = TimeSpan.FromSeconds(2),
    };

    public static VerificationReport Bad { get; } = Verification with
    {
        Files = [Verification.Files[0], new("model.safetensors", 0, "it is missing")],
    };

    static readonly DiffNumbers SomeDifference = new()
    {
        Elements = 200, Changed = 50, NonFinite = 0, FirstNorm = 10, SecondNorm = 11, DifferenceNorm = 0.5,
        Cosine = 0.9987654, LargestDifference = 0.125,
    };

    public static ModelDiff Diff { get; } = new()
    {
        First = "a",
        Second = "b",
        Tensors =
        [
            new("same", TensorComparison.Equal, new("same", DType.BF16, [100]), new("same", DType.BF16, [100]),
                SomeDifference with { Elements = 100, Changed = 0, DifferenceNorm = 0, LargestDifference = 0 }),
            new("moved", TensorComparison.Changed,
                new("moved", DType.BF16, [10, 20]), new("moved", DType.F32, [10, 20]), SomeDifference),
            new("cut", TensorComparison.Unlike, new("cut", DType.BF16, [5]), new("cut", DType.BF16, [6]), null),
            new("new\u001b", TensorComparison.OnlyInSecond, null, new("new\u001b", DType.BF16, [5]), null),
        ],
        Total = SomeDifference with { Elements = 300 },
        Warnings = ["odd"],
    };

    static MatrixSpectrumReport Spectrum(string name, long? index, long nonFinite) => new()
    {
        Name = name, Index = index, Rows = 8, Columns = 16, NonFinite = nonFinite, NuclearNorm = 12.5,
        FrobeniusNorm = 6.25, SpectralNorm = 5, EffectiveRank = 3.5, StableRank = 1.5625, RankOf = [1, 2, 3, 4],
        EnergyCurve = [0, 0.75, 1],
    };

    public static ModelSpectra Spectra { get; } = new()
    {
        Model = "m",
        Base = null,
        Matrices = [Spectrum("a.weight", null, 0), Spectrum("b\u001b<b>", 3, 0), Spectrum("c.weight", null, 2)],
        Left = ["norm.weight"],
        Library = "OpenBLAS 0.3.21 Zen",
        Warnings = ["odd"],
    };
}

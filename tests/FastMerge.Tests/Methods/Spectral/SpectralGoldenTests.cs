using System.Text.Json.Nodes;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Testing.Golden;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>STAR, Iso-C and Iso-CTS against outputs of the authors' code, within the manifest's tolerance.</summary>
public class SpectralGoldenTests
{
    static readonly string Folder = RepositoryFolder.Combine("tests", "golden", "spectral");

    static readonly JsonArray Manifest =
        JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, "MANIFEST.json")))!["cases"]!.AsArray();

    public static TheoryData<string> Cases() => [.. Manifest.Select(c => (string)c!["name"]!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Star_of_one_task(string name)
    {
        var golden = new Golden(name);
        golden.Compare("star_0", await MatrixMerges.RunOne(golden.Case(1), "star", $"eta: {golden["eta"]}"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Star_of_all_tasks(string name)
    {
        var golden = new Golden(name);
        golden.Compare("star_mean", await MatrixMerges.RunOne(golden.Case(), "star", $"eta: {golden["eta"]}"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Iso_c(string name)
    {
        var golden = new Golden(name);
        var merged = await MatrixMerges.RunOne(golden.Case(), "iso_c");
        golden.Compare("iso_c", merged);
        Assert.Equal((double)golden["iso_c_singular_value"]!, JacobiSvd.Of(merged).Values[0], 1e-7);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Iso_cts(string name)
    {
        var golden = new Golden(name);
        golden.Compare("iso_cts", await MatrixMerges.RunOne(
            golden.Case(), "iso_cts", $"common_space_fraction: {golden["common_space_fraction"]}"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Oracles_agree(string name)
    {
        var golden = new Golden(name);
        var tasks = golden.Case().Tasks;
        var eta = (double)golden["eta"]!;
        golden.Compare("star_mean", SpectralOracles.Star(tasks, eta));
        golden.Compare("iso_c", SpectralOracles.IsoC(tasks));
        golden.Compare("iso_cts", SpectralOracles.IsoCts(tasks, (double)golden["common_space_fraction"]!));
        Assert.Equal(
            golden["star_rank"]!.AsArray().Select(r => (int)r!),
            tasks.Select(t => SpectralOracles.StarRank(JacobiSvd.Of(t).Values, eta)));
    }

    /// <summary>A case: its task vectors and what the authors' code made of them.</summary>
    sealed class Golden(string name)
    {
        readonly JsonNode _case = Manifest.Single(c => (string)c!["name"]! == name)!;

        readonly Dictionary<string, StoredTensor> _tensors =
            new(SafetensorsFile.Read(Path.Combine(Folder, $"{name}.safetensors")));

        public JsonNode? this[string key] => _case[key];

        /// <summary>The first tasks, or all, over a base of zeros.</summary>
        public TaskCase Case(int? tasks = null)
        {
            var count = tasks ?? (int)_case["tasks"]!;
            var (rows, columns) = ((int)_case["shape"]![0]!, (int)_case["shape"]![1]!);
            return new(name, new(rows, columns), [.. Enumerable.Range(0, count).Select(
                i => RealMatrix.Of(rows, columns, _tensors[$"tv_{i}"].ToFloats()))]);
        }

        public void Compare(string key, RealMatrix merged)
        {
            var tolerance = _case["tolerance"]![key]!;
            var stored = StoredTensor.Of(key, "F32", [merged.Rows, merged.Columns], merged.ToFloats());
            Assert.Empty(GoldenJudge.Compare(
                new("close", (double)tolerance["rtol"]!, (double)tolerance["atol_rel"]!),
                new Dictionary<string, StoredTensor> { [key] = _tensors[key] },
                new Dictionary<string, StoredTensor> { [key] = stored }));
        }
    }
}

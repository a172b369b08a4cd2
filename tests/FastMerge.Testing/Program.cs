using System.Globalization;
using FastMerge.Core;
using FastMerge.Testing.Checkpoints;

// Makes checkpoints for the demo and the benchmarks.
const string Usage = """
    usage: FastMerge.Testing make-checkpoint FOLDER [--size 250MB] [--dtype BF16|F16|F32] [--seed N]
           [--fine-tune K] [--delta SCALE] [--shard-size SIZE] [--tied]
           [--layers N --hidden N --intermediate N --vocab N]
    K = 0 is the base, 1, 2, ... its fine-tunes; the same seed gives the same base.
    """;

if (args is not ["make-checkpoint", var folder, ..]) return Refuse("");
var options = new Dictionary<string, string>();
for (var i = 2; i < args.Length; i++)
{
    if (args[i] == "--tied") options["--tied"] = "";
    else if (args[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < args.Length) options[args[i]] = args[++i];
    else return Refuse($"what is {args[i]}?\n");
}
string[] known =
[
    "--size", "--dtype", "--seed", "--fine-tune", "--delta", "--shard-size", "--tied", "--layers", "--hidden",
    "--intermediate", "--vocab",
];
if (options.Keys.FirstOrDefault(key => !known.Contains(key)) is { } unknown) return Refuse($"what is {unknown}?\n");

var dtype = options.GetValueOrDefault("--dtype", "BF16");
var shape = options.ContainsKey("--hidden")
    ? new CheckpointShape(
        Number("--layers", 2), Number("--hidden", 64), Number("--intermediate", 176), Number("--vocab", 320),
        Heads: Math.Max(1, Number("--hidden", 64) / 32), KvHeads: Math.Max(1, Number("--hidden", 64) / 64))
    : CheckpointShape.OfSize(Size("--size", "250MB"), StoredValues.Size(dtype));
var checkpoint = new SyntheticCheckpoint(shape with { TiedEmbeddings = options.ContainsKey("--tied") })
{
    DType = dtype,
    Seed = Number("--seed", 1),
    FineTune = Number("--fine-tune", 0),
    DeltaScale = float.Parse(options.GetValueOrDefault("--delta", "0.002"), CultureInfo.InvariantCulture),
    ShardBytes = Size("--shard-size", "5GB"),
};
Console.WriteLine($"{folder}: {ByteSize.Format(checkpoint.Write(folder))}");
return 0;

int Number(string name, int missing) =>
    options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : missing;

long Size(string name, string missing) =>
    ByteSize.TryParse(options.GetValueOrDefault(name, missing), out var bytes)
        ? bytes
        : throw new ArgumentException($"{name}: {options[name]} is not a size");

int Refuse(string problem)
{
    Console.Error.WriteLine(problem + Usage);
    return 2;
}

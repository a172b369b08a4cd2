using System.Text;
using FastMerge.Backends;
using FastMerge.Plan;

// Writes the generated CPU kernels of the method catalogue, and its programs' words for the native tests and
// benchmarks: FastMerge.KernelGen --out FOLDER
if (args is not ["--out", var folder])
{
    Console.Error.WriteLine("usage: FastMerge.KernelGen --out FOLDER");
    return 2;
}

var programs = CatalogueExpressions.All()
    .Select(e => new CatalogueProgram(e.Method, e.Models, ProgramWriter.Map(e.Output, inputRounding: null)))
    .ToArray();
Directory.CreateDirectory(folder);
var sinks = CatalogueExpressions.All().SelectMany(
    e => TensorPasses.Cut(e.Output).Before.Where(p => p is not MatrixPass),
    (e, pass) => new CatalogueProgram(e.Method, e.Models, Before(pass)))
    .Where(p => p.Program is { RandomDensities.Count: 0, Arrays.Count: 0, ModelArrays.Count: 0 });
Save("fm_catalogue.inl", CpuCatalogueText.Write([.. programs, .. sinks]));
Save("fm_programs.inl", CataloguePrograms.Write(programs));
return 0;

static ElementProgram Before(Pass pass) => pass is SelectPass select
    ? ProgramWriter.Histogram(select.Sources, inputRounding: null)
    : ProgramWriter.Reduce(((ReducePass)pass).Reductions, inputRounding: null);

void Save(string name, string text)
{
    var path = Path.Combine(folder, name);
    if (!File.Exists(path) || File.ReadAllText(path) != text)
        File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
}

using System.Text;
using FastMerge.Backends;
using FastMerge.Plan;

// Writes the generated CPU kernels of the method catalogue: FastMerge.KernelGen --out FOLDER
if (args is not ["--out", var folder])
{
    Console.Error.WriteLine("usage: FastMerge.KernelGen --out FOLDER");
    return 2;
}

var text = CpuCatalogueText.Write(
    CatalogueExpressions.All().Select(e => (e.Method, ProgramWriter.Map(e.Output, inputRounding: null))));
var path = Path.Combine(folder, "fm_catalogue.inl");
Directory.CreateDirectory(folder);
if (!File.Exists(path) || File.ReadAllText(path) != text)
    File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
return 0;

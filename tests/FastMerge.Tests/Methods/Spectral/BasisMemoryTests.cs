using FastMerge.Engine;
using FastMerge.Plan;
using FastMerge.Primitives;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>What the remarks of the methods say of their memory, in matrices of the tensor's size.</summary>
public class BasisMemoryTests
{
    const long Side = 256;

    [Theory]
    [InlineData("knots", 4, 9)]
    [InlineData("core_space", 4, 10)]
    [InlineData("drm", 4, 9)]
    [InlineData("stf", 4, 17)]
    [InlineData("wudi", 4, 11)]
    [InlineData("wudi", 8, 11)]
    public void It_is_as_the_remarks_say(string method, int models, double expected)
    {
        var found = MethodCatalog.Find(method)!;
        var facts = new TensorFacts(models, true, false, new(MatrixKind.Linear, Side, Side, 1));
        var passes = TensorPasses.Cut(found.Merge(new(facts, MethodSwitches.Defaults(found.Signature))));
        var bytes = MatrixLayout.Of(passes.Matrices!).Bytes;
        Assert.Equal(expected, Math.Round(bytes / (double)(Side * Side * sizeof(float)), 1));
    }
}

using FastMerge.Backends;
using FastMerge.Plan;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Methods;

/// <summary>Runs a method through the reference interpreter on a few numbers.</summary>
static class Examples
{
    /// <summary>A base of eight numbers, all multiples of 1/64.</summary>
    public static float[] Base { get; } = Parts(32, -16, 8, 64, -48, 4, 20, -26);

    /// <summary>Three models: the base and a task vector without equal magnitudes.</summary>
    public static float[][] Models { get; } =
    [
        AddToBase(6, 3, 0, 7, -10, 0, -24, -2),
        AddToBase(4, -12, 5, 8, 0, -3, -14, 6),
        AddToBase(-5, 0, 14, 11, -9, 0, 2, -13),
    ];

    /// <summary>A method that is run in binary32 throughout.</summary>
    public static ReferenceMerge Merge(string method, MethodArguments arguments, int rowLength = 0) => new()
    {
        Method = MethodCatalog.Find(method)!,
        Arguments = arguments,
        RowLength = rowLength,
    };

    /// <summary>The result of a method on binary32 numbers.</summary>
    public static float[] Run(
        string method, MethodArguments arguments, float[]? baseTensor, params float[][] models) =>
        Merge(method, arguments).Run(Stored(baseTensor), [.. models.Select(m => Stored(m)!)]).ToArray();

    /// <summary>A binary32 tensor.</summary>
    public static EncodedTensor? Stored(float[]? values) =>
        values is null ? null : EncodedTensor.Of(KernelDType.F32, values);

    /// <summary>Fails unless all numbers agree to six digits or to 1e-6.</summary>
    public static void Near(IReadOnlyList<double> expected, float[] actual)
    {
        Assert.Equal(expected.Count, actual.Length);
        for (var i = 0; i < actual.Length; i++)
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= 1e-6 * Math.Max(1, Math.Abs(expected[i])),
                $"element {i}: {actual[i]:R} instead of {expected[i]:R}");
    }

    static float[] Parts(params int[] values) => [.. values.Select(v => v / 64f)];

    static float[] AddToBase(params int[] values) => [.. Parts(values).Zip(Base, (d, b) => d + b)];
}

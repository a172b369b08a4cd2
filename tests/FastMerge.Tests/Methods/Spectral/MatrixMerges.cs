using System.Buffers;
using FastMerge.Testing;
using FastMerge.Testing.Checkpoints;
using FastMerge.Tests.Oracles.Spectral;

namespace FastMerge.Tests.Methods.Spectral;

/// <summary>Merges matrices by whole merges: files, plan, engine, native library.</summary>
static class MatrixMerges
{
    /// <summary>Distance allowed to a result that both sides round, of its norm: some operations in a row.</summary>
    public const double Rounding = 1e-5;

    /// <summary>Merges the cases, which have equal numbers of models, as the tensors of one checkpoint.</summary>
    /// <param name="method">The recipe word.</param>
    /// <param name="parameters">Of the merge, as in <c>eta: 40, lambda: 2</c>.</param>
    /// <param name="perModel">Of a model, the same; null for none.</param>
    /// <param name="cases">The tensors.</param>
    public static async Task<Dictionary<string, RealMatrix>> Run(
        string method, string parameters, Func<int, string>? perModel, params TaskCase[] cases)
    {
        var merged = await RunShaped(method, parameters, perModel, [.. cases.Select(c =>
            (c with { Name = $"{c.Name}.weight" }, new long[] { c.Base.Rows, c.Base.Columns }))]);
        return merged.ToDictionary(m => m.Key[..^".weight".Length], m => m.Value);
    }

    /// <summary>The same with names as they are, and shapes that hold the elements of the matrices in order.</summary>
    public static async Task<Dictionary<string, RealMatrix>> RunShaped(
        string method, string parameters, Func<int, string>? perModel, params (TaskCase Case, long[] Shape)[] tensors)
    {
        using var folder = new TempFolder();
        var models = tensors[0].Case.Tasks.Length;
        Write(folder["base.safetensors"], tensors, c => c.Base);
        for (var k = 0; k < models; k++) Write(folder[$"{k}.safetensors"], tensors, c => c.Models[k]);
        var list = Enumerable.Range(0, models).Select(k => $"- model: {folder[$"{k}.safetensors"]}\n"
            + (perModel is null ? "" : $"  parameters: {{{perModel(k)}}}\n"));
        var text = $"merge_method: {method}\nparameters: {{{parameters}}}\nbase_model: {folder["base.safetensors"]}\n"
            + $"models:\n{string.Concat(list)}";
        var merged = new Dictionary<string, RealMatrix>();
        await foreach (var tensor in Merger.StreamAsync(
            RecipeSource.Yaml(text), new() { Threads = 2, MemoryBytes = 512 << 20 }))
            using (tensor)
            {
                var name = tensor.Spec.Name;
                merged[name] = Matrix(tensor, tensors.Single(t => t.Case.Name == name).Case.Base);
            }
        return merged;
    }

    /// <summary>Merges one case.</summary>
    public static async Task<RealMatrix> RunOne(
        TaskCase one, string method, string parameters = "", Func<int, string>? perModel = null) =>
        (await Run(method, parameters, perModel, one)).Values.Single();

    /// <summary>
    /// Fails unless every case comes out as base + factor * oracle(task vectors), within what the condition of the
    /// problem lets binary32 reach; see <see cref="Sensitivity"/>. A bound above a share of the norm, which would let
    /// anything pass, fails too.
    /// </summary>
    public static async Task Compare(
        string method, string parameters, TaskCase[] cases, Func<RealMatrix[], RealMatrix> oracle, double factor = 1,
        Func<int, string>? perModel = null, double mostBound = double.MaxValue)
    {
        var merged = await Run(method, parameters, perModel, cases);
        Assert.Equal(cases.Length, merged.Count);
        foreach (var one in cases)
        {
            var expected = one.Base + factor * oracle(one.Tasks);
            var bound = Sensitivity.Bound(one.Tasks, expected, t => factor * oracle(t));
            Assert.True(bound <= mostBound * expected.Norm, $"{one.Name}: a bound of {bound:g3} says nothing");
            var distance = (merged[one.Name] - expected).Norm;
            Assert.True(distance <= bound, $"{method} of {one.Name}, {one.Tasks.Length} models: {distance:g3} from the "
                + $"oracle, {bound:g3} allowed, {(expected - one.Base).Norm:g3} in all");
        }
    }

    /// <summary>Fails if a result is farther away than two roundings of some operations in a row can be.</summary>
    /// <param name="expected">What it should be.</param>
    /// <param name="actual">The result.</param>
    /// <param name="bound">The distance allowed, of the norm.</param>
    public static void Near(RealMatrix expected, RealMatrix actual, double bound = Rounding)
    {
        var distance = (expected - actual).Norm;
        Assert.True(distance <= bound * expected.Norm, $"{distance / expected.Norm:g3} of the norm away");
    }

    static RealMatrix Matrix(MergedTensor tensor, RealMatrix like)
    {
        var stored = new StoredTensor(tensor.Spec.Name, "F32", [.. tensor.Spec.Shape], tensor.Data.ToArray());
        return RealMatrix.Of(like.Rows, like.Columns, stored.ToFloats());
    }

    static void Write(string path, (TaskCase Case, long[] Shape)[] tensors, Func<TaskCase, RealMatrix> part) =>
        SafetensorsFile.Write(path, tensors.Select(
            t => StoredTensor.Of(t.Case.Name, "F32", t.Shape, part(t.Case).ToFloats())));
}

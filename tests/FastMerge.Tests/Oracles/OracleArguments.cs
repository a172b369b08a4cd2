using FastMerge.Plan;
using FastMerge.Primitives;
using FastMerge.Testing.Oracles;
using FastMerge.Testing.Reference;

namespace FastMerge.Tests.Oracles;

/// <summary>Parameters of a method, as the product has them and as an oracle has them.</summary>
static class OracleArguments
{
    static readonly string[] SoupMasks = ["intersection", "union", "first", "majority"];

    /// <summary>What an oracle sees of the values of a plan.</summary>
    public static OracleParameters Parameters(ParameterValues values, MergeMethod method)
    {
        double[]? Of(string name) => values.All.Where(v => v.Key.Name == name).Select(v => v.Value).FirstOrDefault();
        bool Is(string name) =>
            values.Switches.On.Any(p => p.Name == name)
            || values.Switches.Inner?.Switches.On.Any(p => p.Name == name) == true;
        return new()
        {
            Weight = Of("weight") ?? [], Density = Of("density") ?? [], Gamma = Of("gamma") ?? [],
            Scale = Is("scale") ? Of("scale")![0] : null,
            Lambda = method.Signature.Parameters.Any(p => p is Global { Name: "lambda" }) ? Of("lambda")![0] : 1,
            T = Of("t") is [var t] ? t : 0,
            Normalize = Is("normalize"), Rescale = Is("rescale"), FilterWise = Is("filter_wise"),
            Numbers = values.All.Where(v => v.Key is Global).ToDictionary(v => v.Key.Name, v => v.Value[0]),
            ModelNumbers = values.All.Where(v => v.Key.HasModelValues).ToDictionary(v => v.Key.Name, v => v.Value),
            Switches = [.. values.Switches.On.Select(p => p.Name)],
            Words = method.Signature.Parameters.OfType<Choice>().ToDictionary(c => c.Name, values.Switches.WordOf),
        };
    }

    /// <summary>Random values for every parameter of a method.</summary>
    public static MethodArguments Random(MergeMethod method, int models, Random random)
    {
        double[] PerModel(Func<double> value) => [.. Enumerable.Range(0, models).Select(_ => value())];
        var arguments = new MethodArguments();
        foreach (var parameter in method.Signature.Parameters)
            _ = parameter switch
            {
                Flag { Ignored: true } => arguments,
                // At its defaults, but for the one number that it has to be given.
                Inner => arguments.Set("weight", PerModel(() => random.Next(1, 24) / 16.0)),
                // What one says excludes the other.
                Choice { Name: "average" } => arguments.Set("average", random.Next(2) == 0 ? "sma" : "wma"),
                Choice { Name: "mask" } => arguments.Set("mask", SoupMasks[random.Next(SoupMasks.Length)]),
                Global { Name: "alpha", Optional: true } when random.Next(2) == 0 => arguments,
                Global { Name: "alpha", Optional: true } =>
                    arguments.Set("average", "ema").Set("alpha", random.NextDouble()),
                Table { Name: "eval" } or PerModel { Name: "loss" } => arguments.Set(
                    "loss", PerModel(() => random.NextDouble() * 4)),
                Table { Name: "scores" } => arguments.Set("scores", [1, .. PerModel(() => random.Next(2)).Skip(1)]),
                PerModel { Name: "epsilon" } => arguments
                    .Set("density", PerModel(() => random.Next(6) switch
                    {
                        0 => 1, 1 => 0, _ => 0.35 + random.NextDouble() * 0.3,
                    })).Set("epsilon", PerModel(() => random.NextDouble() * 0.34)),
                Global { Name: "density" } => arguments.Set("density", random.NextDouble()),
                PerModel { Name: "lambda" } => arguments.Set("lambda", PerModel(() => random.Next(0, 16) / 8.0)),
                Flag flag => arguments.Set(flag.Name, random.Next(2) == 0),
                Choice choice => arguments.Set(choice.Name, choice.Words[random.Next(choice.Words.Count)]),
                Global { Optional: true } or PerModel { Optional: true } when random.Next(2) == 0 => arguments,
                _ => parameter.Name switch
                {
                    // Positive sums only: a sum of weights near zero says nothing about an expression.
                    "weight" => arguments.Set("weight", [
                        2, .. PerModel(() => random.Next(-8, 24) / 16.0).Skip(1).Select(w => Math.Max(w, -0.25))]),
                    "density" => arguments.Set("density", PerModel(
                        () => random.Next(6) switch { 0 => 1, 1 => 0, _ => random.NextDouble() })),
                    "gamma" => arguments.Set("gamma", PerModel(
                        () => random.Next(3) == 0 ? 0 : random.NextDouble() / 2)),
                    "gate" => arguments.Set("gate", PerModel(() => random.Next(-8, 24) / 16.0)),
                    "eta" => arguments.Set("eta", random.Next(0, 101)),
                    "rank" => arguments.Set("rank", random.Next(1, 9)),
                    "svc_alpha" => arguments.Set("svc_alpha", 0.1 + random.NextDouble()),
                    "common_space_fraction" or "mu" or "mu_relative" =>
                        arguments.Set(parameter.Name, random.NextDouble()),
                    "tolerance" or "drop" or "energy" or "ridge" or "interpolation" =>
                        arguments.Set(parameter.Name, random.NextDouble()),
                    "max_rank" => arguments.Set("max_rank", random.Next(1, 20)),
                    "scale" => arguments.Set("scale", random.Next(-8, 8) / 4.0),
                    "t" when method.Signature.Name == "nearswap" => arguments.Set("t", random.NextDouble() / 64),
                    "t" => arguments.Set("t", random.Next(4) == 0 ? random.Next(2) : random.NextDouble()),
                    "epsilon" => arguments.Set("epsilon", random.Next(0, 64) / 8192.0),
                    "tol" or "eps" => arguments.Set(parameter.Name, Math.Pow(10, -random.Next(5, 10))),
                    "k" => arguments.Set("k", random.Next(0, models + 2)),
                    "temperature" => arguments.Set("temperature", random.NextDouble() * 5 + 0.1),
                    "threshold" => arguments.Set("threshold", random.NextDouble() / 64),
                    "max_iter" => arguments.Set("max_iter", random.Next(0, 12)),
                    "lambda" or "r" or "alpha" => arguments.Set(
                        parameter.Name, random.Next(3) == 0 ? 1 : random.NextDouble() * 2),
                    "select_topk" => arguments.Set(
                        "select_topk", random.Next(6) switch { 0 => 1, 1 => 0, _ => random.NextDouble() }),
                    _ => throw new ArgumentException(parameter.Name),
                },
            };
        return arguments;
    }
}

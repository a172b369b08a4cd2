using FastMerge.Cli;

namespace FastMerge.Tests.Cli;

/// <summary>Records what the command line asks for and answers with what a test sets.</summary>
sealed class FakeService : IMergeService
{
    public RecipeSource? Recipe { get; private set; }

    public string? Output { get; private set; }

    public MergeOptions? Options { get; private set; }

    public BenchmarkOptions? BenchOptions { get; private set; }

    public bool Merged { get; private set; }

    public Exception? Failure { get; init; }

    public MergePlan PlanResult { get; init; } = Samples.Plan;

    public MergeReport Report { get; init; } = Samples.Report;

    public VerificationReport Verification { get; init; } = Samples.Verification;

    public IReadOnlyList<MergeEvent> Events { get; init; } = [];

    public MergePlan Plan(RecipeSource recipe, string? output, MergeOptions options)
    {
        (Recipe, Output, Options) = (recipe, output, options);
        return Failure is null ? PlanResult : throw Failure;
    }

    public async Task<MergeReport> MergeAsync(
        RecipeSource recipe, string? output, MergeOptions options, IProgress<MergeEvent> events,
        CancellationToken cancellation)
    {
        (Recipe, Output, Options, Merged) = (recipe, output, options, true);
        await Task.Yield();
        foreach (var value in Events) events.Report(value);
        return Failure is null ? Report : throw Failure;
    }

    public CheckpointInfo Inspect(string model) =>
        Failure is null ? Samples.Checkpoint with { Model = model } : throw Failure;

    public ModelDiff Diff(string first, string second, DiffOptions options, CancellationToken cancellation) =>
        Failure is null ? Samples.Diff with { First = first, Second = second } : throw Failure;

    public SpectrumOptions? SpectrumOptions { get; private set; }

    public ModelSpectra Spectrum(string model, SpectrumOptions options, CancellationToken cancellation)
    {
        SpectrumOptions = options;
        return Failure is null ? Samples.Spectra with { Model = model, Base = options.Base } : throw Failure;
    }

    public ExtractOptions? ExtractOptions { get; private set; }

    public ExtractReport ExtractLora(
        string model, string baseModel, string output, ExtractOptions options, CancellationToken cancellation)
    {
        ExtractOptions = options;
        return Failure is null ? Samples.Extraction with { Output = output } : throw Failure;
    }

    public Task<VerificationReport> VerifyAsync(string folder, Action<long> hashed, CancellationToken cancellation)
    {
        hashed(1000);
        return Failure is null ? Task.FromResult(Verification with { Folder = folder }) : throw Failure;
    }

    public IEnumerable<BenchmarkFigure> Bench(BenchmarkOptions options, CancellationToken cancellation)
    {
        BenchOptions = options;
        return [new("memory", "copy", 2, 40e9, null), new("map", "ties", 2, 36e9, 40e9)];
    }

    public IReadOnlyList<BackendInfo> Backends() =>
    [
        new("cpu", true, "x86-64-v4", ["x86-64-v4", "x86-64-v3"], 8, null),
        new("cuda", false, null, [], 0, "not part of this version"),
    ];
}

namespace FastMerge.Cli;

/// <summary>What the command line asks of the library.</summary>
interface IMergeService
{
    /// <summary><see cref="Merger.Plan"/>.</summary>
    MergePlan Plan(RecipeSource recipe, string? output, MergeOptions options);

    /// <summary><see cref="Merger.MergeAsync"/>.</summary>
    Task<MergeReport> MergeAsync(
        RecipeSource recipe, string? output, MergeOptions options, IProgress<MergeEvent> events,
        CancellationToken cancellation);

    /// <summary><see cref="Merger.Inspect"/>.</summary>
    CheckpointInfo Inspect(string model);

    /// <summary><see cref="Merger.Diff"/>.</summary>
    ModelDiff Diff(string first, string second, DiffOptions options, CancellationToken cancellation);

    /// <summary><see cref="Merger.ExtractLora(string, string, string, ExtractOptions, CancellationToken)"/>, or of a
    /// recipe.</summary>
    ExtractReport ExtractLora(
        string model, string baseModel, string output, ExtractOptions options, CancellationToken cancellation);

    /// <summary><see cref="Merger.Spectrum"/>.</summary>
    ModelSpectra Spectrum(string model, SpectrumOptions options, CancellationToken cancellation);

    /// <summary><see cref="Merger.VerifyAsync"/>.</summary>
    Task<VerificationReport> VerifyAsync(string folder, Action<long> hashed, CancellationToken cancellation);

    /// <summary><see cref="Benchmark.Run"/>.</summary>
    IEnumerable<BenchmarkFigure> Bench(BenchmarkOptions options, CancellationToken cancellation);

    /// <summary><see cref="BackendCatalog.List"/>.</summary>
    IReadOnlyList<BackendInfo> Backends();
}

/// <summary>The library itself.</summary>
sealed class LibraryService : IMergeService
{
    public MergePlan Plan(RecipeSource recipe, string? output, MergeOptions options) =>
        Merger.Plan(recipe, output, options);

    public Task<MergeReport> MergeAsync(
        RecipeSource recipe, string? output, MergeOptions options, IProgress<MergeEvent> events,
        CancellationToken cancellation) => Merger.MergeAsync(recipe, output, options, events, cancellation);

    public CheckpointInfo Inspect(string model) => Merger.Inspect(model);

    public ModelDiff Diff(string first, string second, DiffOptions options, CancellationToken cancellation) =>
        Merger.Diff(first, second, options, cancellation);

    public ExtractReport ExtractLora(
        string model, string baseModel, string output, ExtractOptions options, CancellationToken cancellation) =>
        IsRecipe(model) ? Merger.ExtractLora(RecipeSource.File(model), baseModel, output, options, cancellation)
            : Merger.ExtractLora(model, baseModel, output, options, cancellation);

    public ModelSpectra Spectrum(string model, SpectrumOptions options, CancellationToken cancellation) =>
        Merger.Spectrum(model, options, cancellation);

    public Task<VerificationReport> VerifyAsync(string folder, Action<long> hashed, CancellationToken cancellation) =>
        Merger.VerifyAsync(folder, hashed, cancellation);

    public IEnumerable<BenchmarkFigure> Bench(BenchmarkOptions options, CancellationToken cancellation) =>
        Benchmark.Run(options, cancellation);

    public IReadOnlyList<BackendInfo> Backends() => BackendCatalog.List();

    static bool IsRecipe(string path) =>
        path.EndsWith(".yml", StringComparison.Ordinal) || path.EndsWith(".yaml", StringComparison.Ordinal);
}

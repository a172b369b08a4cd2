using Spectre.Console;
using Spectre.Console.Rendering;

namespace FastMerge.Cli.Rendering;

/// <summary>A progress bar on a terminal.</summary>
sealed class BarMergeDisplay : MergeDisplay
{
    readonly IAnsiConsole _console;
    ProgressTask? _task;
    ProgressEvent? _latest;

    public BarMergeDisplay(Session session) : base(session)
    {
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(session.Terminal.Error),
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            ColorSystem = session.ErrorColors.IsEnabled ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
        });
        _console.Profile.Width = session.Terminal.Width;
    }

    /// <inheritdoc/>
    public override Task<MergeReport> RunAsync(Func<IProgress<MergeEvent>, Task<MergeReport>> merge) => _console
        .Progress()
        .AutoClear(true)
        .Columns(new ProgressBarColumn { Width = null }, new LatestColumn(this))
        .StartAsync(async context =>
        {
            _task = context.AddTask("merge", autoStart: true, maxValue: 1);
            return await merge(this);
        });

    /// <inheritdoc/>
    protected override void Progress(ProgressEvent progress)
    {
        _latest = progress;
        if (_task is null || progress.TotalOutputBytes == 0) return;
        _task.MaxValue = progress.TotalOutputBytes;
        _task.Value = progress.OutputBytes;
    }

    /// <inheritdoc/>
    protected override void Narrate(string text) => _console.WriteLine(text);

    /// <inheritdoc/>
    protected override void Warn(string text)
    {
        if (Session.IsNewWarning(text)) _console.MarkupLineInterpolated($"[yellow]warning:[/] {Display.Name(text)}");
    }

    sealed class LatestColumn(BarMergeDisplay display) : ProgressColumn
    {
        protected override bool NoWrap => true;

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(display._latest is { } latest ? ProgressText.Of(latest) : "starting");
    }
}

using System.CommandLine;
using FastMerge.Cli.Rendering;
using FastMerge.Core;

namespace FastMerge.Cli.Commands;

/// <summary><c>fastmerge verify OUT</c>.</summary>
sealed class VerifyCommand : CliCommand
{
    readonly Argument<string> _folder = new("OUT") { Description = "the output folder of a merge" };

    public VerifyCommand() : base("verify", "Holds the files of a merge against the hashes of its lock.",
        "fastmerge verify merged")
    {
        Add(_folder);
        AddPrinting();
    }

    /// <inheritdoc/>
    public override async Task<int> RunAsync(ParseResult parse, Session session, CancellationToken cancellation)
    {
        var folder = parse.GetValue(_folder)!;
        var narrator = new HashNarrator(session, TimeProvider.System);
        var report = await session.Service.VerifyAsync(folder, narrator.Add, cancellation);
        if (session.IsJson) VerificationRendering.WriteJson(session, report);
        else VerificationRendering.WriteText(session, report);
        if (report.IsGood) return 0;
        var bad = report.Files.Where(f => f.Problem is not null).ToArray();
        throw new FastMergeException(FailureKind.Verification,
            $"{folder}: {bad.Length} of {report.Files.Count} files differ from what was merged; "
            + $"the first is {bad[0].Name}: {bad[0].Problem}");
    }
}

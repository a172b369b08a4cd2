using FastMerge.Checkpoint;
using FastMerge.Checkpoint.Output;
using FastMerge.Engine;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>What tests of real processes ask of a run.</summary>
static class ProcessChecks
{
    /// <summary>Runs the program, which must end with 0.</summary>
    public static void Succeeds(params string[] arguments)
    {
        var result = ProgramRun.Run(arguments);
        Assert.True(result.ExitCode == 0, $"{string.Join(' ', arguments)}: exit {result.ExitCode}: {result.Errors}");
    }

    /// <summary>Runs the program, which must end with 0; the most anonymous memory it had at any time.</summary>
    public static long PeakOf(params string[] arguments)
    {
        using var run = ProgramRun.Start(arguments);
        var peak = 0L;
        run.WaitUntil(() =>
        {
            peak = Math.Max(peak, run.AnonymousBytes());
            return false;
        });
        var result = run.Wait();
        Assert.True(result.ExitCode == 0, result.Errors);
        return peak;
    }

    /// <summary>Phases in the journal of an unfinished output; null if there is no journal yet.</summary>
    public static int? PhasesDone(string output)
    {
        var path = $"{output}/.fastmerge/{OutputNames.Journal}";
        if (!File.Exists(path)) return null;
        using var file = FileStorage.Instance.OpenRead(path);
        var records = new JournalReader(file, BlockHasher.Instance).Records().ToArray();
        return records.Length == 0 ? null : records.OfType<JournalRecord.PhaseDone>().Count();
    }
}

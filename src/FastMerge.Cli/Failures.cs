using System.Runtime.InteropServices;
using FastMerge.Core;

namespace FastMerge.Cli;

/// <summary>Turns exceptions into a line on stderr and an exit code.</summary>
static class Failures
{
    /// <summary>Reports a failure; the result is the exit code.</summary>
    public static int Report(Session session, Exception exception, PosixSignal? signal)
    {
        if (session.Terminal.Variable("FASTMERGE_DEBUG") == "1") session.Terminal.Error.WriteLine(exception);
        return exception switch
        {
            FastMergeException failure => session.Fail((int)failure.Kind, KindName(failure.Kind), failure.Message),
            OperationCanceledException stop => Stopped(session, stop, signal ?? PosixSignal.SIGINT),
            _ => session.Fail((int)FailureKind.Bug, KindName(FailureKind.Bug),
                $"this is a defect of FastMerge: {exception.GetType().Name}: {exception.Message} "
                + "(run again with FASTMERGE_DEBUG=1 and report what it prints, with the recipe)"),
        };
    }

    /// <summary>The name of a failure in JSON lines: <c>output_in_use</c>.</summary>
    public static string KindName(FailureKind kind) => kind switch
    {
        FailureKind.Usage => "usage",
        FailureKind.Recipe => "recipe",
        FailureKind.Input => "input",
        FailureKind.Plan => "plan",
        FailureKind.Resources => "resources",
        FailureKind.Io => "io",
        FailureKind.Verification => "verification",
        FailureKind.OutputInUse => "output_in_use",
        FailureKind.InputChanged => "input_changed",
        FailureKind.NonFinite => "non_finite",
        FailureKind.DeviceLost => "device_lost",
        FailureKind.Interrupted => "interrupted",
        FailureKind.Terminated => "terminated",
        _ => "bug",
    };

    static int Stopped(Session session, OperationCanceledException stop, PosixSignal signal)
    {
        var exit = Interruption.ExitCode(signal);
        var kind = KindName((FailureKind)exit);
        return session.Fail(exit, kind, stop is ResumableInterruption ? $"{kind}; {stop.Message}" : kind);
    }
}

using System.Runtime.InteropServices;

namespace FastMerge.Cli;

/// <summary>SIGINT and SIGTERM: the first asks the merge to stop, a second one ends the process at once.</summary>
sealed class Interruption : IDisposable
{
    const int SignalExitBase = 128;

    readonly TextWriter _error;
    readonly CancellationTokenSource _source = new();
    readonly PosixSignalRegistration[] _registrations;
    int _signals;

    public Interruption(TextWriter error)
    {
        _error = error;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The first signal.</summary>
    public PosixSignal? Signal { get; private set; }

    /// <summary>The exit code of a process that a signal ended.</summary>
    public static int ExitCode(PosixSignal signal) => SignalExitBase + (signal == PosixSignal.SIGTERM ? 15 : 2);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _source.Dispose();
    }

    void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1) Environment.Exit(ExitCode(PosixSignal.SIGINT));
        Signal = context.Signal;
        _error.WriteLine("stopping; a second signal ends the program at once");
        _source.Cancel();
    }
}

/// <summary>A merge to a folder was stopped.</summary>
sealed class ResumableInterruption(Exception inner)
    : OperationCanceledException("what is written is kept: the same command with --resume goes on", inner);

using System.Diagnostics;
using System.Globalization;

namespace FastMerge.Testing.Processes;

/// <summary>How a run of the program ended.</summary>
public sealed record ProgramResult(int ExitCode, string Output, string Errors);

/// <summary>A run of the built program, as a user or a batch system would start it.</summary>
public sealed class ProgramRun : IDisposable
{
    const int Patience = 120_000;

    readonly Process _process;
    readonly Task<string> _output;
    readonly Task<string> _errors;

    ProgramRun(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!File.Exists(Path)) throw new InvalidOperationException($"{Path} is missing; run scripts/build.sh");
        var start = new ProcessStartInfo(Path, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        _process = Process.Start(start)!;
        _process.StandardInput.Close();
        _output = _process.StandardOutput.ReadToEndAsync();
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The program that scripts/build.sh leaves.</summary>
    public static string Path { get; } = RepositoryFolder.Combine("artifacts", "fastmerge", "fastmerge");

    /// <summary>Whether the program has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Starts the program.</summary>
    public static ProgramRun Start(params string[] arguments) => new(arguments);

    /// <summary>Runs the program to its end.</summary>
    public static ProgramResult Run(params string[] arguments)
    {
        using var run = Start(arguments);
        return run.Wait();
    }

    /// <summary>Runs the program to its end in a changed environment.</summary>
    public static ProgramResult Run(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var run = new ProgramRun(arguments, environment);
        return run.Wait();
    }

    /// <summary>Waits for the end.</summary>
    public ProgramResult Wait()
    {
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
            throw new TimeoutException($"{Path} did not end; it said: {_errors.Result}");
        }
        return new(_process.ExitCode, _output.Result, _errors.Result);
    }

    /// <summary>Ends the program at once, as kill -9 does.</summary>
    public ProgramResult Kill()
    {
        _process.Kill();
        return Wait();
    }

    /// <summary>Sends a signal by name: INT, TERM.</summary>
    public void Signal(string name)
    {
        var id = _process.Id.ToString(CultureInfo.InvariantCulture);
        using var kill = Process.Start("kill", [$"-{name}", id]);
        kill.WaitForExit();
    }

    /// <summary>Waits until something holds, or the program ends.</summary>
    public void WaitUntil(Func<bool> holds)
    {
        while (!holds() && !HasEnded) Thread.Sleep(2);
    }

    /// <summary>Private and shared anonymous memory in use, in bytes; 0 when the program has ended.</summary>
    public long AnonymousBytes()
    {
        try
        {
            return File.ReadLines($"/proc/{_process.Id}/status")
                .Where(l => l.StartsWith("RssAnon:", StringComparison.Ordinal)
                    || l.StartsWith("RssShmem:", StringComparison.Ordinal))
                .Sum(l => long.Parse(
                    l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture))
                << 10;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}

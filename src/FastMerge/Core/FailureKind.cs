namespace FastMerge.Core;

/// <summary>Why a run ended; the value is the documented process exit code.</summary>
public enum FailureKind
{
    /// <summary>A defect of FastMerge itself.</summary>
    Bug = 1,

    /// <summary>The command line or the output folder cannot be used as asked.</summary>
    Usage = 2,

    /// <summary>The recipe is not valid.</summary>
    Recipe = 3,

    /// <summary>An input checkpoint is missing, malformed or not supported.</summary>
    Input = 4,

    /// <summary>The merge cannot be planned: shapes, dtypes, missing tensors, method.</summary>
    Plan = 5,

    /// <summary>Not enough disk, memory or device memory, found before starting.</summary>
    Resources = 6,

    /// <summary>Reading or writing failed; the run can be resumed.</summary>
    Io = 7,

    /// <summary>An output does not match its recorded hashes.</summary>
    Verification = 8,

    /// <summary>Another process holds the output folder.</summary>
    OutputInUse = 9,

    /// <summary>An input changed while it was read.</summary>
    InputChanged = 10,

    /// <summary>A non-finite value was found and the policy is error.</summary>
    NonFinite = 11,

    /// <summary>The device was lost; try again.</summary>
    DeviceLost = 75,

    /// <summary>Interrupted by SIGINT; the run can be resumed.</summary>
    Interrupted = 130,

    /// <summary>Terminated by SIGTERM; the run can be resumed.</summary>
    Terminated = 143,
}

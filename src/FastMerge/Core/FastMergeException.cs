namespace FastMerge.Core;

/// <summary>
/// A failure the user can act on. The message is one line: what, where, the values, and what
/// would be accepted. <see cref="Kind"/> decides the exit code.
/// </summary>
public sealed class FastMergeException : Exception
{
    /// <summary>Creates a failure of the given kind.</summary>
    public FastMergeException(FailureKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>What went wrong, as a documented exit code.</summary>
    public FailureKind Kind { get; }
}

using FastMerge.Core;

namespace FastMerge;

/// <summary>Turns failures of storage into those that users see.</summary>
static class StorageFailure
{
    /// <summary>Runs an action; what storage throws becomes a failure of kind Io.</summary>
    public static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FastMergeException(FailureKind.Io, e.Message, e);
        }
    }
}

using FastMerge.Core;

namespace FastMerge.Checkpoint;

/// <summary>Replaces small text files.</summary>
static class TextFile
{
    /// <summary>
    /// Replaces a file's text, or makes the file, at one stroke, through a file beside it; links are followed and the
    /// mode stays.
    /// </summary>
    /// <exception cref="FastMergeException">Io: it cannot be written.</exception>
    public static void Replace(string path, string text)
    {
        try
        {
            var target = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null)
                ?? path;
            var beside = target + ".new";
            File.WriteAllText(beside, text);
            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(beside, File.GetUnixFileMode(target));
            File.Move(beside, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FastMergeException(FailureKind.Io,
                $"{DisplayText.Escape(path)} cannot be written: {DisplayText.Escape(e.Message)}", e);
        }
    }
}

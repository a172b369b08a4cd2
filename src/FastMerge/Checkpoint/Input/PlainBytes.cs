using FastMerge.Core;

namespace FastMerge.Checkpoint.Input;

/// <summary>Reads at offsets, through the page cache.</summary>
sealed unsafe class PlainBytes(IStorageFile file) : InputBytes
{
    /// <inheritdoc/>
    public override bool NeedsBuffer => true;

    /// <inheritdoc/>
    public override byte* Fetch(long offset, int length, byte* buffer)
    {
        try
        {
            file.Read(offset, new Span<byte>(buffer, length));
            return buffer;
        }
        catch (EndOfStreamException e)
        {
            throw Changed(file.Path, offset + length, e);
        }
    }

    /// <summary>The failure of a file that has become shorter.</summary>
    public static FastMergeException Changed(string path, long needed, Exception? inner = null) => new(
        FailureKind.InputChanged,
        $"{DisplayText.Escape(path)}: became shorter while it was read;"
        + $" {needed} bytes were there when the merge was planned",
        inner);

    /// <inheritdoc/>
    public override void Dispose() => file.Dispose();
}

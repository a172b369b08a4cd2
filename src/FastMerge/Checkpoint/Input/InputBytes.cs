using FastMerge.Core;

namespace FastMerge.Checkpoint.Input;

/// <summary>The bytes of one open input file, for many threads at once.</summary>
abstract unsafe class InputBytes : IDisposable
{
    /// <summary>Room that a buffer needs beyond the bytes asked for.</summary>
    public const int Slack = 8192;

    /// <summary>
    /// Opens a file's bytes and takes ownership of the file. Storage that cannot be mapped is read.
    /// </summary>
    public static InputBytes Open(IStorageFile file, long length, InputMode mode) => file.Handle is null
        ? new PlainBytes(file)
        : mode switch
        {
            InputMode.Mapped => new MappedBytes(file, length),
            InputMode.Direct => new DirectBytes(file),
            _ => new PlainBytes(file),
        };

    /// <summary>
    /// Where the bytes from <paramref name="offset"/> are: in mapped memory, or, read, in
    /// <paramref name="buffer"/>, which is page-aligned and has <see cref="Slack"/> bytes to spare.
    /// </summary>
    public abstract byte* Fetch(long offset, int length, byte* buffer);

    /// <summary>Whether <see cref="Fetch"/> needs a buffer.</summary>
    public abstract bool NeedsBuffer { get; }

    /// <summary>Tells that bytes will be wanted soon.</summary>
    public virtual void Prefetch(long offset, long length)
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}

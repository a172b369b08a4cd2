using FastMerge.Interop;

namespace FastMerge.Checkpoint.Input;

/// <summary>
/// Reads past the page cache, in aligned blocks. A file system that refuses this (some network and memory
/// ones) is read through the cache instead.
/// </summary>
sealed unsafe class DirectBytes : InputBytes
{
    const int Alignment = 4096;

    readonly IStorageFile _file;
    readonly PlainBytes _cached;
    readonly bool _isDirect;

    /// <summary>Switches an open file to direct reads.</summary>
    public DirectBytes(IStorageFile file)
    {
        _file = file;
        _cached = new PlainBytes(file);
        _isDirect = DirectIo.TryEnable(file.Handle!);
    }

    /// <inheritdoc/>
    public override bool NeedsBuffer => true;

    /// <inheritdoc/>
    public override byte* Fetch(long offset, int length, byte* buffer)
    {
        if (!_isDirect) return _cached.Fetch(offset, length, buffer);
        var start = offset & -Alignment;
        var end = (offset + length + Alignment - 1) & -Alignment;
        var skip = (int)(offset - start);
        var done = 0L;
        while (done < skip + (long)length)
        {
            // The file's last block may be short; every other read begins and ends at a block.
            var rest = new Span<byte>(buffer + done, (int)(end - start - done));
            var read = RandomAccess.Read(_file.Handle!, rest, start + done);
            if (read == 0) throw PlainBytes.Changed(_file.Path, offset + length);
            done += read;
            if (done < skip + (long)length && done % Alignment != 0)
                throw PlainBytes.Changed(_file.Path, offset + length);
        }
        return buffer + skip;
    }

    /// <inheritdoc/>
    public override void Dispose() => _cached.Dispose();
}

using System.Security.Cryptography;

namespace FastMerge.Checkpoint;

/// <summary>SHA-256 of whole files.</summary>
static class FileSha256
{
    const int BufferBytes = 1 << 20;

    /// <summary>The hash of a file's content, in hex.</summary>
    public static string Of(IStorage storage, string path, CancellationToken cancellation)
    {
        using var file = storage.OpenRead(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var length = file.Stat().Length;
        for (long offset = 0; offset < length; offset += BufferBytes)
        {
            cancellation.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(BufferBytes, length - offset));
            file.Read(offset, part);
            hash.AppendData(part);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

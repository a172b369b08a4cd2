using System.Diagnostics;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// The append-only record of an unfinished merge. Records of blocks are hints: they are written in
/// batches and never synced, and a resume uses a block only after it has hashed the bytes and found
/// the recorded hash. So they need no order with the data, and no sync is paid per block. Records of
/// whole shards are synced, after the shard itself is durable.
/// </summary>
sealed class Journal(IStorageFile file, long length, IBlockHasher hasher) : IDisposable
{
    const int BatchBytes = 32768;
    const int MaxHashes = 4096;
    static readonly TimeSpan BatchTime = TimeSpan.FromMilliseconds(500);

    readonly Lock _lock = new();
    readonly MemoryStream _batch = new();
    long _flushed = Stopwatch.GetTimestamp();
    long _length = length;
    bool _failed;

    /// <summary>Notes that blocks of a tensor were written; reaches the file with the next batch.</summary>
    public void Wrote(int tensor, int first, ReadOnlySpan<UInt128> hashes)
    {
        lock (_lock)
        {
            for (var start = 0; start < hashes.Length; start += MaxHashes)
            {
                var part = hashes[start..Math.Min(start + MaxHashes, hashes.Length)];
                Add(new JournalRecord.Blocks(tensor, first + start, part.ToArray()));
            }
            if (_batch.Length >= BatchBytes || Stopwatch.GetElapsedTime(_flushed) >= BatchTime) Flush();
        }
    }

    /// <summary>Appends a record and returns when it is durable.</summary>
    public void Commit(JournalRecord record)
    {
        lock (_lock)
        {
            if (_failed) throw new IOException($"the journal '{file.Path}' failed before");
            Add(record);
            Flush();
            try
            {
                file.Sync();
            }
            catch
            {
                _failed = true;
                throw;
            }
        }
    }

    /// <summary>Writes the pending batch, if the journal still works, and closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            try
            {
                Flush();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The batch holds only hints: what they cover is written again.
            }
            finally
            {
                file.Dispose();
                _failed = true;
            }
        }
    }

    void Add(JournalRecord record) =>
        _batch.Write(JournalFormat.Encode(record, _length + _batch.Length, hasher));

    void Flush()
    {
        // After a failure the end of the file is unknown; appending there could bury a torn record.
        if (_failed || _batch.Length == 0) return;
        _failed = true;
        file.Write(_length, _batch.GetBuffer().AsSpan(0, (int)_batch.Length));
        _failed = false;
        _length += _batch.Length;
        _batch.SetLength(0);
        _flushed = Stopwatch.GetTimestamp();
    }
}

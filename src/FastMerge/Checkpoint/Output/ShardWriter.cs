using System.Collections;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// One weight file while it is written: blocks arrive in any order on any thread; the thread that
/// brings the last one makes the shard durable. Block hashes are held only until then.
/// </summary>
sealed class ShardWriter(OutputSite site, Journal journal, int number) : IDisposable
{
    readonly Lock _lock = new();
    readonly ShardFile _shard = site.Layout.Shards[number];
    UInt128[]? _hashes;
    BitArray? _present;
    IStorageFile? _file;
    int _missing = site.Layout.Shards[number].BlockCount;
    int _active;
    bool _closed;

    /// <summary>The record of the finished shard; null before.</summary>
    public JournalRecord.ShardDone? Done { get; private set; }

    /// <summary>Writes whole blocks of a tensor; blocks that are already there may come again.</summary>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> data, ReadOnlySpan<UInt128> hashes)
    {
        var place = site.Layout.Place(tensor);
        IStorageFile file;
        lock (_lock)
        {
            if (Done is not null) return;
            if (_closed) throw new IOException($"'{_shard.Name}' was given up after an earlier failure");
            file = _file ??= OpenTemporary();
            _active++;
        }
        try
        {
            file.Write(place.Offset + offset, data);
        }
        catch
        {
            lock (_lock) _active--;
            throw;
        }
        Note(tensor, place.FirstBlock, (int)(offset / OutputBlocks.Bytes), hashes);
        FinishIfWhole();
    }

    /// <summary>Makes the shard durable if every block is there and nobody is at it.</summary>
    public void FinishIfWhole()
    {
        lock (_lock)
        {
            if (_missing > 0 || _active > 0 || _closed || Done is not null) return;
            _closed = true;
        }
        Finish();
    }

    /// <summary>Takes over what a journal says of a block run; to be verified.</summary>
    public void Recall(int firstBlock, ReadOnlySpan<UInt128> hashes) => Mark(firstBlock, hashes);

    /// <summary>Takes over what a journal says of the finished shard; to be verified.</summary>
    public void Recall(JournalRecord.ShardDone done)
    {
        Forget();
        (Done, _missing) = (done, 0);
    }

    /// <summary>Drops everything known of the shard.</summary>
    public void Forget() =>
        (_hashes, _present, _missing, Done) = (null, null, _shard.BlockCount, null);

    /// <summary>Keeps only those blocks whose recorded hash the file still has; returns their bytes.</summary>
    public long VerifyBlocks()
    {
        if (_present is null) return 0;
        lock (_lock) _file ??= OpenTemporary();
        var found = new UInt128[_shard.BlockCount];
        site.FileHasher.HashBlocks(_file, RecordedSegments(), found);
        var kept = 0L;
        foreach (var tensor in _shard.Tensors)
        {
            var place = site.Layout.Place(tensor);
            for (var i = 0; i < OutputBlocks.Count(place.Length); i++)
            {
                var block = place.FirstBlock + i;
                if (!_present[block]) continue;
                if (found[block] == _hashes![block])
                {
                    kept += BlockLength(place, i);
                    continue;
                }
                _present[block] = false;
                _missing++;
            }
        }
        return kept;
    }

    /// <summary>Runs of a tensor's bytes that are still to be written.</summary>
    public List<ByteRange> MissingRanges(int tensor)
    {
        var place = site.Layout.Place(tensor);
        var ranges = new List<ByteRange>();
        lock (_lock)
        {
            if (Done is not null) return ranges;
            for (var i = 0; i < OutputBlocks.Count(place.Length); i++)
            {
                if (_present is not null && _present[place.FirstBlock + i]) continue;
                var (offset, length) = ((long)i * OutputBlocks.Bytes, BlockLength(place, i));
                if (ranges.Count > 0 && ranges[^1] is var last && last.Offset + last.Length == offset)
                    ranges[^1] = last with { Length = last.Length + length };
                else
                    ranges.Add(new(offset, length));
            }
        }
        return ranges;
    }

    /// <summary>Makes sure that no byte written so far is used by a resume.</summary>
    public void Discard()
    {
        lock (_lock)
        {
            if (Done is not null) return;
            _closed = true;
        }
        site.Storage.Delete(site.TemporaryAt(_shard.Name));
        journal.Commit(new JournalRecord.ShardDiscarded(number));
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _file?.Dispose();
            _file = null;
        }
    }

    void Note(int tensor, int tensorBlock, int block, ReadOnlySpan<UInt128> hashes)
    {
        lock (_lock)
        {
            _active--;
            // A shard that was discarded meanwhile must get no further record.
            if (_closed) return;
            journal.Wrote(tensor, block, hashes);
            Mark(tensorBlock + block, hashes);
        }
    }

    void Finish()
    {
        site.Request.BeforeShardRename?.Invoke(number);
        var file = _file ??= OpenTemporary();
        try
        {
            file.Sync();
        }
        catch
        {
            // After a failed sync the cache may hold bytes that the disk lost, and a resume would
            // find them good. So the file goes.
            Discard();
            throw;
        }
        var headerBlocks = OutputBlocks.Count(_shard.Header.Length);
        var hashes = new UInt128[headerBlocks + _shard.BlockCount];
        site.Hasher.HashBlocks(_shard.Header, hashes.AsSpan(0, headerBlocks));
        _hashes?.CopyTo(hashes, headerBlocks);
        var done = new JournalRecord.ShardDone(
            number, OutputBlocks.FileHash(site.Hasher, hashes),
            site.Request.Sha256 ? site.FileHasher.Sha256(file, _shard.Length) : null);
        file.Dispose();
        _file = null;
        // The only shard appears under its name when all else is in place, in Publish.
        if (!site.Layout.IsSingle) site.Storage.Rename(site.TemporaryAt(_shard.Name), site.At(_shard.Name));
        site.Storage.SyncFolder(site.Folder);
        journal.Commit(done);
        lock (_lock) Recall(done);
    }

    IStorageFile OpenTemporary()
    {
        var file = site.Storage.OpenWrite(site.TemporaryAt(_shard.Name));
        try
        {
            file.Preallocate(_shard.Length);
            file.Write(0, _shard.Header);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    void Mark(int firstBlock, ReadOnlySpan<UInt128> hashes)
    {
        _hashes ??= new UInt128[_shard.BlockCount];
        _present ??= new BitArray(_shard.BlockCount);
        for (var i = 0; i < hashes.Length; i++)
        {
            if (!_present[firstBlock + i]) _missing--;
            _present[firstBlock + i] = true;
            _hashes[firstBlock + i] = hashes[i];
        }
    }

    IEnumerable<FileSegment> RecordedSegments()
    {
        foreach (var tensor in _shard.Tensors)
        {
            var place = site.Layout.Place(tensor);
            var count = OutputBlocks.Count(place.Length);
            for (var i = 0; i < count; i++)
            {
                var first = i;
                while (i < count && _present![place.FirstBlock + i]) i++;
                if (i == first) continue;
                var start = (long)first * OutputBlocks.Bytes;
                var end = Math.Min((long)i * OutputBlocks.Bytes, place.Length);
                yield return new(place.Offset + start, end - start, place.FirstBlock + first);
            }
        }
    }

    static long BlockLength(TensorPlace place, int block) =>
        Math.Min(OutputBlocks.Bytes, place.Length - (long)block * OutputBlocks.Bytes);
}

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// Reads a journal record by record and stops at the first that is torn or damaged. Nothing after it
/// is used: losing records only costs work, because a shard without its record is verified or
/// written again.
/// </summary>
sealed class JournalReader(IStorageFile file, IBlockHasher hasher)
{
    /// <summary>Bytes of the intact records read so far.</summary>
    public long ValidLength { get; private set; }

    /// <summary>The intact records in order; the first is a plan, or there is none.</summary>
    public IEnumerable<JournalRecord> Records()
    {
        var length = file.Stat().Length;
        while (Next(length) is { } record)
        {
            if (ValidLength == 0 != record is JournalRecord.Plan) yield break;
            ValidLength += _read;
            yield return record;
        }
    }

    int _read;

    JournalRecord? Next(long length)
    {
        if (length - ValidLength < JournalFormat.PrefixBytes) return null;
        Span<byte> prefix = stackalloc byte[JournalFormat.PrefixBytes];
        file.Read(ValidLength, prefix);
        var payload = JournalFormat.PayloadLength(prefix);
        if (payload < 0 || payload > length - ValidLength - JournalFormat.PrefixBytes) return null;
        var bytes = new byte[JournalFormat.PrefixBytes + payload];
        file.Read(ValidLength, bytes);
        _read = bytes.Length;
        return JournalFormat.Decode(bytes, ValidLength, hasher);
    }
}

using System.Buffers.Binary;
using System.Text;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// Records as bytes: length of the payload (4 bytes), its checksum (8 bytes, seeded with the record's
/// place so that a stale record cannot pass for another), payload. Integers are little-endian.
/// </summary>
static class JournalFormat
{
    /// <summary>Bytes before a payload.</summary>
    public const int PrefixBytes = 12;

    /// <summary>The longest payload; what claims more is a torn record.</summary>
    public const int MaxPayload = 64 << 20;

    const byte Version = 1;

    enum Kind : byte { Plan = 1, Blocks, ShardDone, ShardDiscarded, Publishing, PhaseDone }

    /// <summary>The bytes of a record that starts at an offset of the journal.</summary>
    public static byte[] Encode(JournalRecord record, long offset, IBlockHasher hasher)
    {
        using var stream = new MemoryStream();
        stream.Position = PrefixBytes;
        using (var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true)) Write(writer, record);
        var bytes = stream.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length - PrefixBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), Checksum(bytes, offset, hasher));
        return bytes;
    }

    /// <summary>The payload length that a prefix claims, or -1 if it cannot be one.</summary>
    public static int PayloadLength(ReadOnlySpan<byte> prefix) =>
        BinaryPrimitives.ReadInt32LittleEndian(prefix) is > 0 and <= MaxPayload and var length ? length : -1;

    /// <summary>The record in these bytes, or null if they are not intact.</summary>
    public static JournalRecord? Decode(byte[] bytes, long offset, IBlockHasher hasher)
    {
        var stored = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(4));
        if (stored != Checksum(bytes, offset, hasher)) return null;
        using var reader = new BinaryReader(new MemoryStream(bytes, PrefixBytes, bytes.Length - PrefixBytes));
        try
        {
            return Read(reader);
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    static ulong Checksum(ReadOnlySpan<byte> record, long offset, IBlockHasher hasher) =>
        (ulong)hasher.Hash128(record[PrefixBytes..]) ^ (ulong)offset * 0x9e3779b97f4a7c15;

    static void Write(BinaryWriter writer, JournalRecord record)
    {
        switch (record)
        {
            case JournalRecord.Plan plan:
                writer.Write((byte)Kind.Plan);
                writer.Write(Version);
                WriteHash(writer, plan.Hash);
                writer.Write(plan.Shards);
                writer.Write(plan.Parts.Count);
                foreach (var part in plan.Parts)
                {
                    writer.Write(part.Name);
                    writer.Write(part.Value);
                }
                break;
            case JournalRecord.Blocks blocks:
                writer.Write((byte)Kind.Blocks);
                writer.Write(blocks.Tensor);
                writer.Write(blocks.First);
                writer.Write(blocks.Hashes.Length);
                foreach (var hash in blocks.Hashes) WriteHash(writer, hash);
                break;
            case JournalRecord.ShardDone done:
                writer.Write((byte)Kind.ShardDone);
                writer.Write(done.Shard);
                WriteHash(writer, done.Hash);
                writer.Write(done.Sha256 ?? "");
                break;
            case JournalRecord.ShardDiscarded discarded:
                writer.Write((byte)Kind.ShardDiscarded);
                writer.Write(discarded.Shard);
                break;
            case JournalRecord.PhaseDone phase:
                writer.Write((byte)Kind.PhaseDone);
                writer.Write(phase.Phase);
                writer.Write(phase.Values.Length);
                foreach (var value in phase.Values) writer.Write(value);
                break;
            case JournalRecord.Publishing publishing:
                writer.Write((byte)Kind.Publishing);
                writer.Write(publishing.Names.Count);
                foreach (var name in publishing.Names) writer.Write(name);
                break;
        }
    }

    static JournalRecord? Read(BinaryReader reader) => (Kind)reader.ReadByte() switch
    {
        Kind.Plan => reader.ReadByte() == Version
            ? new JournalRecord.Plan(ReadHash(reader), reader.ReadInt32(), ReadList(reader, ReadPart)) : null,
        Kind.Blocks => new JournalRecord.Blocks(
            reader.ReadInt32(), reader.ReadInt32(), [.. ReadList(reader, ReadHash)]),
        Kind.ShardDone => new JournalRecord.ShardDone(
            reader.ReadInt32(), ReadHash(reader), reader.ReadString() is { Length: > 0 } sha256 ? sha256 : null),
        Kind.ShardDiscarded => new JournalRecord.ShardDiscarded(reader.ReadInt32()),
        Kind.PhaseDone => new JournalRecord.PhaseDone(
            reader.ReadInt32(), [.. ReadList(reader, r => r.ReadUInt64())]),
        Kind.Publishing => new JournalRecord.Publishing(ReadList(reader, r => r.ReadString())),
        _ => null,
    };

    static PlanPart ReadPart(BinaryReader reader) => new(reader.ReadString(), reader.ReadString());

    static void WriteHash(BinaryWriter writer, UInt128 hash)
    {
        writer.Write((ulong)(hash >> 64));
        writer.Write((ulong)hash);
    }

    static UInt128 ReadHash(BinaryReader reader) => new(reader.ReadUInt64(), reader.ReadUInt64());

    static List<T> ReadList<T>(BinaryReader reader, Func<BinaryReader, T> read)
    {
        var list = new List<T>();
        for (var left = reader.ReadInt32(); left > 0; left--) list.Add(read(reader));
        return list;
    }
}

using System.Buffers.Binary;
using System.Text;
using FastMerge.Checkpoint;
using FastMerge.Core;
using FastMerge.Testing;

namespace FastMerge.Tests.Checkpoint;

/// <summary>A temporary folder for one test, with the files that checkpoint tests need.</summary>
sealed class TestFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("fastmerge-test-").FullName;

    public static string Malformed { get; } = RepositoryFolder.Combine("tests", "malformed");

    public string this[string name] => Path.Combine(Root, name);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = this[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string WriteTensors(string name, params TensorSpec[] tensors) =>
        Write(name, FileBytes(SafetensorsHeaderWriter.Write(tensors)));

    public static byte[] FileBytes(WrittenHeader header)
    {
        var bytes = new byte[header.FileLength];
        header.Bytes.CopyTo(bytes, 0);
        return bytes;
    }

    public static byte[] WithPrefix(string headerText, int dataBytes = 0)
    {
        var text = Encoding.UTF8.GetBytes(headerText);
        var bytes = new byte[8 + text.Length + dataBytes];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, text.Length);
        text.CopyTo(bytes, 8);
        return bytes;
    }

    public InputCheckpoint Open(string name = "") => Open(new ModelLocation(name.Length == 0 ? Root : this[name]));

    public InputCheckpoint Open(ModelLocation location) =>
        InputCheckpoint.Open(location, FileStorage.Instance, new HubCache(this["hub"]));

    public FastMergeException OpenFails(string name = "")
    {
        var failure = Assert.Throws<FastMergeException>(() => Open(name));
        Assert.DoesNotContain('\n', failure.Message);
        return failure;
    }

    public static TensorSpec F32(string name, params long[] shape) => new(name, DType.F32, [.. shape]);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

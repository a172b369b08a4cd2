using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Folders with an index: what is read, and every way in which an index can lie.</summary>
public sealed class ShardedTests : IDisposable
{
    const string First = "model-00001-of-00002.safetensors";
    const string Second = "model-00002-of-00002.safetensors";

    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    void WriteShards()
    {
        _folder.WriteTensors(First, TestFolder.F32("a", 2), TestFolder.F32("b", 3));
        _folder.WriteTensors(Second, TestFolder.F32("c", 4));
    }

    void WriteIndex(string weightMap, string metadata = "\"metadata\": {\"total_size\": 36},") =>
        _folder.Write(ShardIndex.FileName, $$"""{ {{metadata}} "weight_map": {{weightMap}} }""");

    static string GoodMap => $$"""{"a": "{{First}}", "b": "{{First}}", "c": "{{Second}}"}""";

    void Rejects(params string[] expected)
    {
        var failure = _folder.OpenFails();
        Assert.Equal(FailureKind.Input, failure.Kind);
        foreach (var part in expected) Assert.Contains(part, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AGoodIndex_LocatesEveryTensor()
    {
        WriteShards();
        WriteIndex(GoodMap);
        var checkpoint = _folder.Open();
        Assert.Empty(checkpoint.Warnings);
        Assert.Equal([First, Second], checkpoint.Shards.Select(s => s.FileName));
        Assert.Equal(3, checkpoint.Tensors.Count);
        var tensor = checkpoint.Tensors["b"];
        Assert.Equal(tensor.Shard.Header.DataOffset + 8, tensor.FileOffset);
        Assert.Equal(new FileInfo(_folder[First]).Length, tensor.FileOffset + 12);
    }

    [Fact]
    public void AMissingShard_IsNamed()
    {
        WriteShards();
        WriteIndex(GoodMap);
        File.Delete(_folder[Second]);
        Rejects(Second, "missing");
    }

    [Fact]
    public void ATensorTheIndexDoesNotName_IsListed()
    {
        WriteShards();
        WriteIndex($$"""{"a": "{{First}}", "c": "{{Second}}"}""");
        Rejects(First, "does not name", "'b'");
    }

    [Fact]
    public void ATensorNoFileHolds_IsListed()
    {
        WriteShards();
        WriteIndex($$"""{"a": "{{First}}", "b": "{{First}}", "c": "{{Second}}", "ghost": "{{Second}}"}""");
        Rejects(ShardIndex.FileName, "'ghost'");
    }

    [Fact]
    public void ATensorInTheWrongFile_IsNamed()
    {
        WriteShards();
        WriteIndex($$"""{"a": "{{First}}", "b": "{{Second}}", "c": "{{Second}}"}""");
        Rejects("'b'", Second);
    }

    [Fact]
    public void ATensorInTwoFiles_IsNamed()
    {
        WriteShards();
        _folder.WriteTensors(Second, TestFolder.F32("c", 4), TestFolder.F32("a", 2));
        WriteIndex(GoodMap);
        Rejects("'a'", First);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x.safetensors")]
    [InlineData("a/../../x.safetensors")]
    [InlineData("./x.safetensors")]
    [InlineData("a//b")]
    [InlineData("a\\\\b.safetensors")]
    [InlineData("C:x.safetensors")]
    [InlineData("x\\u0000.safetensors")]
    [InlineData("")]
    public void ANameThatLeadsElsewhere_IsRejectedUnopened(string name)
    {
        WriteIndex($$"""{"a": "{{name}}"}""");
        Rejects("weight_map names the file");
    }

    [Fact]
    public void AFolderAsShard_IsRejected()
    {
        Directory.CreateDirectory(_folder["sub"]);
        WriteIndex("""{"a": "sub"}""");
        Rejects("it is a folder");
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"metadata\": {},")]
    [InlineData("\"metadata\": {\"total_size\": 36.0},")]
    [InlineData("\"metadata\": {\"total_size\": 1},")]
    [InlineData("\"metadata\": [[1]],")]
    public void AWrongTotalSize_IsAWarning(string metadata)
    {
        WriteShards();
        WriteIndex(GoodMap, metadata);
        Assert.Contains("36 bytes", Assert.Single(_folder.Open().Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"weight_map\": {}}")]
    [InlineData("{\"weight_map\": []}")]
    [InlineData("{\"weight_map\": {\"a\": 1}}")]
    [InlineData("{\"weight_map\": {\"a\": \"x\", \"a\": \"x\"}}")]
    [InlineData("{\"weight_map\": {\"a\": \"x\"}, \"weight_map\": {\"a\": \"x\"}}")]
    [InlineData("{\"x\": [[[[[[[[[]]]]]]]]], \"weight_map\": {\"a\": \"x\"}}")]
    [InlineData("{\"weight_map\": {\"\\ud800\": \"x\"}}")]
    [InlineData("{\"weight_map\": {\"a\": \"x\"}")]
    public void AMalformedIndex_IsRejected(string text)
    {
        _folder.Write(ShardIndex.FileName, text);
        Rejects(ShardIndex.FileName);
    }

    [Fact]
    public void AnIndexBesideASingleFile_IsAmbiguous()
    {
        WriteShards();
        WriteIndex(GoodMap);
        _folder.WriteTensors("model.safetensors", TestFolder.F32("a", 2));
        Rejects("both model.safetensors and");
        Assert.Single(_folder.Open("model.safetensors").Tensors);
    }

    [Fact]
    public void AnIndexOfTheSingleFile_IsRead()
    {
        _folder.WriteTensors("model.safetensors", TestFolder.F32("a", 9));
        WriteIndex("""{"a": "model.safetensors"}""");
        Assert.Empty(_folder.Open().Warnings);
    }

    [Fact]
    public void AWholeSetWithoutIndex_IsReadWithAWarning()
    {
        WriteShards();
        var checkpoint = _folder.Open();
        Assert.Equal(3, checkpoint.Tensors.Count);
        Assert.Single(checkpoint.Warnings);
        File.Delete(_folder[First]);
        _folder.WriteTensors("model-00001-of-00003.safetensors", TestFolder.F32("a", 2));
        Rejects("no whole set");
    }

    [Fact]
    public void OnePartOfASet_WithoutIndex_IsRefused()
    {
        _folder.WriteTensors("model-00003-of-00003.safetensors", TestFolder.F32("a", 2));
        Rejects("only model-00003-of-00003.safetensors", "one part of a set");
    }

    [Fact]
    public void AWholeSetOfOne_WithoutIndex_IsRead()
    {
        _folder.WriteTensors("model-00001-of-00001.safetensors", TestFolder.F32("a", 2));
        Assert.Single(_folder.Open().Tensors);
    }
}

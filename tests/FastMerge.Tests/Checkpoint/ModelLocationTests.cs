using System.Diagnostics;
using FastMerge.Checkpoint;
using FastMerge.Core;

namespace FastMerge.Tests.Checkpoint;

/// <summary>Folders, files and hub ids, and what is said when there is nothing to read.</summary>
public sealed class ModelLocationTests : IDisposable
{
    const string Commit = "0123456789abcdef0123456789abcdef01234567";
    const string Blob = "aaaabbbbccccddddeeeeffff00001111aaaabbbbccccddddeeeeffff00001111";
    const string Repository = "hub/models--org--name";

    readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    void WriteCache()
    {
        _folder.WriteTensors($"{Repository}/blobs/{Blob}", TestFolder.F32("a", 2));
        _folder.Write($"{Repository}/refs/main", Commit);
        _folder.Write($"{Repository}/refs/refs/pr/1", Commit + "\n");
        Directory.CreateDirectory(_folder[$"{Repository}/snapshots/{Commit}"]);
        File.CreateSymbolicLink(
            _folder[$"{Repository}/snapshots/{Commit}/model.safetensors"], $"../../blobs/{Blob}");
    }

    [Theory]
    [InlineData("org/name")]
    [InlineData("org/name@main")]
    [InlineData("org/name@" + Commit)]
    [InlineData("org/name@refs/pr/1")]
    public void AHubId_IsFoundInTheCache(string id)
    {
        WriteCache();
        var checkpoint = _folder.Open(new ModelLocation(id));
        Assert.Equal(Commit, checkpoint.Commit);
        Assert.Equal(Blob, Assert.Single(checkpoint.Shards).HubBlobName);
        Assert.True(checkpoint.Tensors.ContainsKey("a"));
    }

    [Theory]
    [InlineData("org/other")]
    [InlineData("org/name@v2")]
    [InlineData("org/name@ffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("gpt2")]
    public void AHubIdThatIsNotCached_SaysSo(string id)
    {
        WriteCache();
        var failure = Assert.Throws<FastMergeException>(() => _folder.Open(new ModelLocation(id)));
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Contains("hub cache", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("/no/such/folder")]
    [InlineData("org/name@../../x")]
    [InlineData("../name")]
    [InlineData("a/b/c")]
    public void WhatIsNoModel_IsRejected(string text)
    {
        WriteCache();
        var failure = Assert.Throws<FastMergeException>(() => _folder.Open(new ModelLocation(text)));
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void AReferenceThatIsNoCommit_IsRejected()
    {
        WriteCache();
        _folder.Write($"{Repository}/refs/main", "../../../etc");
        var failure = Assert.Throws<FastMergeException>(() => _folder.Open(new ModelLocation("org/name")));
        Assert.Contains("40 hex digits", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ASnapshotWithALinkToNothing_NamesTheFile()
    {
        WriteCache();
        File.Delete(_folder[$"{Repository}/blobs/{Blob}"]);
        var failure = Assert.Throws<FastMergeException>(() => _folder.Open(new ModelLocation("org/name")));
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Contains("model.safetensors: the file is missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheEnvironment_SaysWhereTheCacheIs()
    {
        var before = Environment.GetEnvironmentVariable("HF_HUB_CACHE");
        try
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", "/x/cache");
            Assert.Equal("/x/cache", HubCache.FromEnvironment().Root);
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", before);
        }
    }

    [Theory]
    [InlineData("pytorch_model.bin", "pickle")]
    [InlineData("model.gguf", "GGUF")]
    [InlineData("adapter_config.json", "PEFT adapter")]
    [InlineData("readme.txt", "no weights")]
    public void AFolderWithoutSafetensors_SaysWhatItHas(string file, string expected)
    {
        _folder.Write(file, "x");
        var failure = _folder.OpenFails();
        Assert.Equal(FailureKind.Input, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderWithOneOtherFile_IsReadWithAWarning()
    {
        _folder.WriteTensors("diffusion.safetensors", TestFolder.F32("a"));
        Assert.Contains("diffusion.safetensors", Assert.Single(_folder.Open().Warnings), StringComparison.Ordinal);
        _folder.WriteTensors("other.safetensors", TestFolder.F32("a"));
        Assert.Contains("2 .safetensors files", _folder.OpenFails().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFile_IsAModelOfItsOwn()
    {
        _folder.WriteTensors("part.safetensors", TestFolder.F32("a"));
        _folder.WriteTensors("model.safetensors", TestFolder.F32("b"));
        _folder.Write("config.json", "{}");
        var part = _folder.Open("part.safetensors");
        Assert.Equal("a", Assert.Single(part.Tensors).Key);
        Assert.Equal((false, null), (part.HasSideFiles, part.ConfigText));
        Assert.Equal("{}"u8.ToArray(), _folder.Open("model.safetensors").ConfigText);
    }

    [Fact]
    public async Task SpecialFilesAndLoops_AreWrongInputs()
    {
        using var made = Process.Start("mkfifo", _folder["model.safetensors"]);
        await made.WaitForExitAsync();
        Assert.Contains("pipe", _folder.OpenFails().Message, StringComparison.Ordinal);
        Assert.Contains("pipe", _folder.OpenFails("model.safetensors").Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(_folder["loop"], "loop");
        var loop = _folder.OpenFails("loop");
        Assert.Equal(FailureKind.Input, loop.Kind);
        Assert.Contains("ELOOP", loop.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnusualNames_AreReadAsTheyAre()
    {
        string[] names = ["../../etc/passwd", "caf\u00e9", "cafe\u0301", "a b\tc\"\\", "\U0001f600", "a.w", "A.w"];
        _folder.WriteTensors("m\u00f6del \U0001f600/model.safetensors", [.. names.Select(n => TestFolder.F32(n, 1))]);
        var checkpoint = _folder.Open("m\u00f6del \U0001f600");
        Assert.Equal(names.Order(StringComparer.Ordinal), checkpoint.Tensors.Keys.Order(StringComparer.Ordinal));
    }
}

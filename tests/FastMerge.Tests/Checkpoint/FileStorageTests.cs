using System.Diagnostics;
using System.Runtime.Versioning;
using FastMerge.Checkpoint;

namespace FastMerge.Tests.Checkpoint;

public sealed class FileStorageTests : IDisposable
{
    readonly TestFolder _folder = new();
    readonly FileStorage _storage = FileStorage.Instance;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WrittenBytes_AreReadAtTheirOffsets()
    {
        var path = _folder["x"];
        using (var file = _storage.OpenWrite(path))
        {
            file.Preallocate(10);
            Assert.Equal(10, file.Stat().Length);
            file.Write(4, [1, 2, 3]);
            file.Sync();
            file.Truncate(6);
        }
        using var read = _storage.OpenRead(path);
        var bytes = new byte[4];
        read.Read(2, bytes);
        Assert.Equal([0, 0, 1, 2], bytes);
        Assert.False(read.Handle!.IsInvalid);
        Assert.Throws<EndOfStreamException>(() => read.Read(3, new byte[4]));
        Assert.Throws<IOException>(() => read.Write(0, [1]));
    }

    [Fact]
    public void Preallocate_ReservesBlocks()
    {
        using var file = _storage.OpenWrite(_folder["big"]);
        var before = _storage.FreeBytes(_folder.Root);
        file.Preallocate(64 << 20);
        Assert.True(before - _storage.FreeBytes(_folder.Root) > 32 << 20);
    }

    [Fact]
    public void MoreThanTheDiskHolds_IsEnospcWithThePath()
    {
        using var file = _storage.OpenWrite(_folder["big"]);
        var failure = Assert.ThrowsAny<IOException>(() => file.Preallocate(1L << 50));
        Assert.Matches("ENOSPC|EFBIG", failure.Message);
        Assert.Contains("/big", failure.Message, StringComparison.Ordinal);
        file.Truncate(0);
    }

    [Fact]
    public void AWriteOnAFullDevice_IsEnospc()
    {
        using var handle = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite);
        using var file = new FileStorageFile("/dev/full", handle);
        var failure = Assert.Throws<IOException>(() => file.Write(0, [1]));
        Assert.Contains("ENOSPC", failure.Message, StringComparison.Ordinal);
        Assert.Equal(28, failure.HResult);
    }

    [Fact]
    public void AnAbsentFile_IsNotFound()
    {
        Assert.Equal(EntryKind.Absent, _storage.Stat(_folder["none"]).Kind);
        var failure = Assert.Throws<FileNotFoundException>(() => _storage.OpenRead(_folder["none"]));
        Assert.Contains("ENOENT", failure.Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => _storage.Rename(_folder["none"], _folder["x"]));
        _storage.Delete(_folder["none"]);
        _storage.DeleteFolder(_folder["none"]);
        Assert.Empty(_storage.List(_folder["none"]));
    }

    [Fact]
    public async Task AFifo_IsRefusedAtOnce()
    {
        using var made = Process.Start("mkfifo", _folder["fifo"]);
        await made.WaitForExitAsync();
        Assert.Equal(EntryKind.Other, _storage.Stat(_folder["fifo"]).Kind);
        var open = Task.Run(() => Assert.Throws<IOException>(() => _storage.OpenRead(_folder["fifo"])));
        Assert.Same(open, await Task.WhenAny(open, Task.Delay(TimeSpan.FromSeconds(10))));
        Assert.Contains("not a regular file", (await open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderOrDevice_IsNoFile()
    {
        Assert.Contains("EISDIR", Assert.Throws<IOException>(() => _storage.OpenRead(_folder.Root)).Message,
            StringComparison.Ordinal);
        Assert.Throws<IOException>(() => _storage.OpenRead("/dev/zero"));
    }

    [Fact]
    public void APathWithANul_IsRefused()
    {
        Assert.Throws<IOException>(() => _storage.OpenWrite(_folder["a\0b"]));
        Assert.Empty(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void ALoopOfLinks_IsEloop()
    {
        File.CreateSymbolicLink(_folder["a"], "b");
        File.CreateSymbolicLink(_folder["b"], "a");
        Assert.Contains("ELOOP", Assert.Throws<IOException>(() => _storage.Stat(_folder["a"])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Stat_FollowsLinksAndTellsStatesApart()
    {
        _folder.Write("x", "one");
        File.CreateSymbolicLink(_folder["link"], "x");
        var before = _storage.Stat(_folder["link"]);
        Assert.Equal(before, _storage.Stat(_folder["x"]));
        Assert.Equal((EntryKind.File, 3L), (before.Kind, before.Length));
        var written = new DateTimeOffset(File.GetLastWriteTimeUtc(_folder["x"])).ToUnixTimeMilliseconds();
        Assert.Equal(written, before.ModifiedNanoseconds / 1_000_000);
        _folder.Write("y", "two");
        _storage.Rename(_folder["y"], _folder["x"]);
        Assert.NotEqual(before.Inode, _storage.Stat(_folder["x"]).Inode);
        Assert.Equal("two", File.ReadAllText(_folder["x"]));
    }

    [Fact]
    public void Folders_AreMadeListedSyncedAndRemoved()
    {
        _storage.CreateFolder(_folder["p/q/"]);
        _storage.CreateFolder(_folder["p/q"]);
        _folder.Write("p/b", "");
        _folder.Write("p/B", "");
        _folder.Write("p/.hidden", "");
        Assert.Equal([".hidden", "B", "b", "q"], _storage.List(_folder["p"]));
        _storage.SyncFolder(_folder["p"]);
        _storage.DeleteFolder(_folder["p/q"]);
        Assert.Throws<IOException>(() => _storage.DeleteFolder(_folder["p"]));
        _storage.Delete(_folder["p/b"]);
        Assert.Equal([".hidden", "B"], _storage.List(_folder["p"]));
        Assert.Throws<IOException>(() => _storage.CreateFolder(_folder["p/B"]));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void ACreatedFile_HasTheModeOfTheUmask()
    {
        _storage.OpenWrite(_folder["x"]).Dispose();
        File.Create(_folder["y"]).Dispose();
        Assert.Equal(File.GetUnixFileMode(_folder["y"]), File.GetUnixFileMode(_folder["x"]));
    }

    [Fact]
    public void FreeBytes_WorksForAFolderThatIsNotThere()
    {
        var free = _storage.FreeBytes(_folder["not/there/yet"]);
        Assert.InRange(free, 1, long.MaxValue);
        Assert.Equal(new DriveInfo(_folder.Root).AvailableFreeSpace, free, tolerance: 1L << 30);
    }

    [Fact]
    public void ALock_IsHeldByOneAtATime()
    {
        var path = _folder["lock"];
        var first = _storage.TryLock(path);
        Assert.NotNull(first);
        Assert.Null(_storage.TryLock(path));
        File.Delete(path);
        first.Dispose();
        using var second = _storage.TryLock(path);
        Assert.NotNull(second);
        Assert.Null(_storage.TryLock(path));
    }

    [Fact]
    public void ALock_DiesWithItsProcess()
    {
        var path = _folder.Write("lock", "");
        using var holder = Process.Start(new ProcessStartInfo("flock", [path, "sh", "-c", "echo held; exec sleep 60"])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        Assert.Null(_storage.TryLock(path));
        holder.Kill(entireProcessTree: true);
        holder.WaitForExit();
        using var taken = TakeSoon(path);
        Assert.NotNull(taken);
    }

    [Fact]
    public void ALocksDescriptor_IsNotInherited()
    {
        var path = _folder["lock"];
        using var child = TakeLockAndSpawn(path);
        using var second = TakeSoon(path);
        Assert.NotNull(second);
        child.Kill();
    }

    /// <summary>A killed process, or one between fork and exec, holds its descriptors for a moment more.</summary>
    IDisposable? TakeSoon(string path)
    {
        IDisposable? taken = null;
        SpinWait.SpinUntil(() => (taken = _storage.TryLock(path)) is not null, TimeSpan.FromSeconds(10));
        return taken;
    }

    Process TakeLockAndSpawn(string path)
    {
        using var held = _storage.TryLock(path);
        return Process.Start("sleep", "60");
    }
}

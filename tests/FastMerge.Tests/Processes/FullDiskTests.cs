using System.Diagnostics;
using FastMerge.Testing;
using FastMerge.Testing.Processes;

namespace FastMerge.Tests.Processes;

/// <summary>No space, on a small file system in memory; needs the right to mount one.</summary>
public class FullDiskTests
{
    sealed class SmallDisk : IDisposable
    {
        readonly TempFolder _folder = new();

        public SmallDisk(long bytes)
        {
            Directory.CreateDirectory(Path);
            IsMounted = Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", Path);
        }

        public string Path => System.IO.Path.Combine(_folder.Root, "disk");

        public bool IsMounted { get; }

        public void Dispose()
        {
            if (IsMounted) Run("umount", "-l", Path);
            _folder.Dispose();
        }

        static bool Run(string program, params string[] arguments)
        {
            using var process = Process.Start(
                new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }

    static string[] Merge(MergeScene scene, SmallDisk disk, params string[] more) =>
        ["merge", scene.RecipePath, $"{disk.Path}/out", "--shard-size", "2MB", "--quiet", .. more];

    [Fact]
    public void TooSmall_IsRefusedBeforeAnythingIsWritten()
    {
        using var scene = new MergeScene();
        using var disk = new SmallDisk(scene.ModelBytes / 2);
        if (!disk.IsMounted) return;
        var result = ProgramRun.Run(Merge(scene, disk));
        Assert.True(result.ExitCode == 6, $"exit {result.ExitCode}: {result.Errors}");
        Assert.Empty(FolderContent.Of(disk.Path));
    }

    [Fact]
    public void FilledWhileMerging_EndsAsIo_AndResumes()
    {
        using var scene = new MergeScene();
        Assert.Equal(0, ProgramRun.Run(["merge", scene.RecipePath, scene["whole"], "--shard-size", "2MB"]).ExitCode);
        using var disk = new SmallDisk(scene.ModelBytes * 3 / 2);
        if (!disk.IsMounted) return;
        using (var run = ProgramRun.Start(Merge(scene, disk, "--io-rate", $"{scene.ModelBytes / 3}")))
        {
            run.WaitUntil(() => Directory.Exists($"{disk.Path}/out")
                && Directory.GetFiles($"{disk.Path}/out", "model-*.safetensors").Length > 0);
            Fill($"{disk.Path}/filler");
            var result = run.Wait();
            Assert.True(result.ExitCode == 7, $"exit {result.ExitCode}: {result.Errors}");
        }
        File.Delete($"{disk.Path}/filler");
        var resumed = ProgramRun.Run(Merge(scene, disk, "--resume"));
        Assert.True(resumed.ExitCode == 0, resumed.Errors);
        Assert.Equal(FolderContent.Of(scene["whole"]), FolderContent.Of($"{disk.Path}/out"));
    }

    static void Fill(string path)
    {
        using var file = File.Create(path);
        var block = new byte[1 << 16];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
        }
    }
}

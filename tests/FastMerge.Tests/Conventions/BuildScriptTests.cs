using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using FastMerge.Testing;

namespace FastMerge.Tests.Conventions;

/// <summary>scripts/build.sh with compilers that only pretend.</summary>
public class BuildScriptTests
{
    [Fact]
    [SupportedOSPlatform("linux")]
    public void WhenTheManagedBuildFails_NothingOfTheNativeBuildGoesOn()
    {
        using var temp = new TempFolder();
        foreach (var script in new[] { "build.sh", "lib.sh" })
            Script("scripts/" + script, File.ReadAllText(Path.Combine(RepositoryFolder.Root, "scripts", script)));
        Script("src/FastMerge.KernelGen/bin/Release/net10.0/FastMerge.KernelGen", "#!/bin/sh\n");
        Script("bin/cmake", $"#!/bin/sh\nsleep 100 &\necho $! > {temp["id.new"]}\nmv {temp["id.new"]} {temp["id"]}\n"
            + "wait\n");
        Script("bin/dotnet", "#!/bin/sh\n[ \"$2\" = FastMerge.sln ] || exit 0\n"
            + $"while [ ! -f {temp["id"]} ]; do sleep 0.01; done\nexit 1\n");
        var start = new ProcessStartInfo("bash", temp["scripts/build.sh"]) { RedirectStandardError = true };
        start.Environment["PATH"] = $"{temp["bin"]}:{start.Environment["PATH"]}";
        using var build = Process.Start(start)!;
        // Whoever inherits the script's output keeps it open.
        Assert.True(build.WaitForExit(TimeSpan.FromSeconds(50)));
        Assert.Equal(1, build.ExitCode);
        var compiler = int.Parse(File.ReadAllText(temp["id"]), CultureInfo.InvariantCulture);
        var isRunning = true;
        for (var i = 0; i < 100 && isRunning; i++, Thread.Sleep(20)) isRunning = IsRunning(compiler);
        if (isRunning) Process.GetProcessById(compiler).Kill();
        Assert.False(isRunning);

        void Script(string name, string text)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(temp[name])!);
            File.WriteAllText(temp[name], text);
            File.SetUnixFileMode(temp[name],
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>A process that has ended may still be listed until somebody asks how.</summary>
    static bool IsRunning(int id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

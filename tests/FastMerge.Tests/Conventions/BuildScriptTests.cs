using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using FastMerge.Testing;

namespace FastMerge.Tests.Conventions;

/// <summary>scripts/build.sh with tools that only pretend.</summary>
[SupportedOSPlatform("linux")]
public sealed class BuildScriptTests : IDisposable
{
    readonly TempFolder _temp = new();

    public BuildScriptTests()
    {
        foreach (var script in new[] { "build.sh", "lib.sh" })
            Script("scripts/" + script, File.ReadAllText(Path.Combine(RepositoryFolder.Root, "scripts", script)));
        Script("src/FastMerge.KernelGen/bin/Release/net10.0/FastMerge.KernelGen", "");
    }

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void WhenTheManagedBuildFails_NothingOfTheNativeBuildGoesOn()
    {
        var id = _temp["id"];
        Script("bin/cmake", $"sleep 100 &\necho $! > {id}.new\nmv {id}.new {id}\nwait\n");
        Script("bin/dotnet",
            $"[ \"$2\" = FastMerge.sln ] || exit 0\nwhile [ ! -f {id} ]; do sleep 0.01; done\nexit 1\n");
        Assert.Equal(1, Build());
        var compiler = int.Parse(File.ReadAllText(id), CultureInfo.InvariantCulture);
        var isRunning = true;
        for (var i = 0; i < 100 && isRunning; i++, Thread.Sleep(20)) isRunning = IsRunning(compiler);
        if (isRunning) Process.GetProcessById(compiler).Kill();
        Assert.False(isRunning);
    }

    /// <summary>The list of the system's libraries is longer than a pipe holds.</summary>
    [Fact]
    public void LibrariesAreBundled_WhereverTheyAreInTheList()
    {
        string[] names = ["libopenblas.so.0", "libgfortran.so.5", "libquadmath.so.0"];
        foreach (var name in (string[])[.. names, "LICENSE", "NOTICE"]) File.WriteAllText(_temp[name], name);
        Script("bin/cmake", "mkdir -p artifacts/native\ntouch artifacts/native/libfastmerge_native.so\n");
        Script("bin/dotnet", "[ \"$1\" = publish ] || exit 0\nmkdir -p artifacts/fastmerge\n"
            + "touch artifacts/fastmerge/FastMerge.Cli\n");
        Script("bin/ldconfig", string.Concat(names.Select(n =>
            $"echo '\t{n} (libc6,x86-64) => {_temp[n]}'\n")) + "seq 100000\n");
        Assert.Equal(0, Build());
        Assert.All(names, n => Assert.Equal(n, File.ReadAllText(_temp["artifacts/fastmerge/" + n])));
    }

    int Build()
    {
        var start = new ProcessStartInfo("bash", _temp["scripts/build.sh"]) { RedirectStandardError = true };
        start.Environment["PATH"] = $"{_temp["bin"]}:{start.Environment["PATH"]}";
        using var build = Process.Start(start)!;
        Assert.True(build.WaitForExit(TimeSpan.FromSeconds(50)));
        return build.ExitCode;
    }

    void Script(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_temp[name])!);
        File.WriteAllText(_temp[name], text.StartsWith("#!", StringComparison.Ordinal) ? text : "#!/bin/bash\n" + text);
        File.SetUnixFileMode(
            _temp[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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

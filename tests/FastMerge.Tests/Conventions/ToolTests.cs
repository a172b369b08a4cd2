using System.Diagnostics;
using FastMerge.Testing;

namespace FastMerge.Tests.Conventions;

/// <summary>Rules that a tool of the machine checks.</summary>
public class ToolTests
{
    // Other versions of the tool lay out some lines differently.
    const string ClangFormatVersion = "version 14.";

    [Fact]
    public void Scripts_Parse()
    {
        SourceFile[] scripts = [.. SourceFile.Under("", ".sh"), .. SourceFile.All.Where(f => f.Path == ".ci/run")];
        Assert.True(scripts.Length >= 4);
        foreach (var script in scripts)
        {
            var (status, text) = Run("bash", "-n", script.Path);
            Assert.True(status == 0, text);
        }
    }

    [Fact]
    public void Scripts_WithSyntaxErrors_DoNotParse()
    {
        using var temp = new TempFolder();
        File.WriteAllText(temp["broken.sh"], "if true; then\n");
        Assert.NotEqual(0, Run("bash", "-n", temp["broken.sh"]).Status);
    }

    [Fact]
    public void NativeCode_IsFormatted()
    {
        if (!HasClangFormat()) return;
        string[] files = [.. SourceFile.Under("", ".h", ".inl", ".c", ".cpp").Select(f => f.Path)];
        Assert.NotEmpty(files);
        var (status, text) = Run("clang-format", ["--dry-run", "--Werror", .. files]);
        Assert.True(status == 0, string.Join('\n', text.Split('\n').Where(l => l.Contains("error:")).Take(20)));
    }

    static bool HasClangFormat()
    {
        var found = Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "clang-format")));
        return found && Run("clang-format", "--version").Text.Contains(ClangFormatVersion, StringComparison.Ordinal);
    }

    static (int Status, string Text) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = RepositoryFolder.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Result + errors);
    }
}

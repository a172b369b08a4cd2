using FastMerge.Backends;
using FastMerge.Core;

namespace FastMerge.Tests.Backends;

/// <summary>Choosing an instruction set.</summary>
[Collection(NativeTargets.Name)]
public class TargetTests
{
    [Fact]
    public void An_unknown_target_is_refused_and_the_message_lists_what_there_is()
    {
        var failure = Assert.Throws<FastMergeException>(() => NativeTargets.Select("x86-64-v9"));
        Assert.Contains("x86-64-v9", failure.Message, StringComparison.Ordinal);
        Assert.All(NativeTarget.Available, t => Assert.Contains(t, failure.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_best_target_is_in_use_unless_another_is_selected()
    {
        NativeTargets.ForEach(target => Assert.Equal(target, NativeTarget.Current));
        var forced = Environment.GetEnvironmentVariable("FASTMERGE_TARGET");
        Assert.Equal(string.IsNullOrEmpty(forced) ? NativeTarget.Available[0] : forced, NativeTarget.Current);
    }
}

using FastMerge.Backends;
using FastMerge.Interop;

namespace FastMerge.Tests.Backends;

/// <summary>Tests that switch the process from one instruction set to another run one after the other.</summary>
[CollectionDefinition(Name)]
public class NativeTargets
{
    public const string Name = "native targets";

    /// <summary>Runs an action on every instruction set.</summary>
    internal static void ForEach(Action<string> action)
    {
        try
        {
            foreach (var target in NativeTarget.Available)
            {
                Select(target);
                action(target);
            }
        }
        finally
        {
            Select(null);
        }
    }

    /// <summary>Switches to an instruction set, or back to the best one.</summary>
    internal static unsafe void Select(string? target)
    {
        NativeError error;
        NativeFailure.ThrowIfFailed(NativeMethods.TargetSelect(target, &error), error, "target");
    }
}

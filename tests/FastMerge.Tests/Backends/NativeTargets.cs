using System.Text;
using FastMerge.Backends;
using FastMerge.Interop;

namespace FastMerge.Tests.Backends;

/// <summary>Tests that switch the process from one instruction set to another run one after the other.</summary>
[CollectionDefinition(Name)]
public class NativeTargets
{
    public const string Name = "native targets";

    /// <summary>The instruction sets that this machine can run.</summary>
    internal static string[] All { get; } = List();

    /// <summary>Runs an action on every instruction set.</summary>
    internal static void ForEach(Action<string> action)
    {
        try
        {
            foreach (var target in All)
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

    /// <summary>The instruction set in use.</summary>
    internal static unsafe string Current()
    {
        var text = new byte[256];
        NativeError error;
        fixed (byte* data = text)
        {
            var status = NativeMethods.TargetName(data, text.Length, out var needed, &error);
            NativeFailure.ThrowIfFailed(status, error, "target");
            return Encoding.ASCII.GetString(text, 0, needed - 1);
        }
    }

    static unsafe string[] List()
    {
        var text = new byte[256];
        NativeError error;
        fixed (byte* data = text)
        {
            var status = NativeMethods.TargetList(data, text.Length, out var needed, &error);
            NativeFailure.ThrowIfFailed(status, error, "targets");
            return Encoding.ASCII.GetString(text, 0, needed - 1).Split(' ');
        }
    }
}

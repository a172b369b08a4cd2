using Microsoft.Win32.SafeHandles;

namespace FastMerge.Interop;

/// <summary>Owns an fm_program.</summary>
sealed class ProgramHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <summary>Takes ownership of a native program.</summary>
    public static ProgramHandle Own(nint handle)
    {
        var owner = new ProgramHandle();
        owner.SetHandle(handle);
        return owner;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.ProgramDestroy(handle);
        return true;
    }
}

/// <summary>Owns an fm_select.</summary>
sealed class SelectHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <summary>Takes ownership of a native selection.</summary>
    public static SelectHandle Own(nint handle)
    {
        var owner = new SelectHandle();
        owner.SetHandle(handle);
        return owner;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMethods.SelectDestroy(handle);
        return true;
    }
}

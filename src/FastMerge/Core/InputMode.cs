namespace FastMerge.Core;

/// <summary>How input bytes are read.</summary>
public enum InputMode
{
    /// <summary>Files are mapped; reads are guarded against files that shrink.</summary>
    Mapped,

    /// <summary>Files are read into pooled buffers; the way for network file systems.</summary>
    Read,

    /// <summary>As <see cref="Read"/>, past the page cache; for inputs larger than memory.</summary>
    Direct,
}

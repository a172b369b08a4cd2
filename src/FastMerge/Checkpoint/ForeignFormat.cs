namespace FastMerge.Checkpoint;

/// <summary>Recognizes what people feed in instead of safetensors, to say what to do about it.</summary>
static class ForeignFormat
{
    /// <summary>What the first bytes are, as the end of a message; null if nothing known.</summary>
    public static string? Recognize(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs"u8))
            return "it is a git-lfs pointer, not the file itself; run git lfs pull";
        if (start.StartsWith("GGUF"u8)) return "it is a GGUF file, not safetensors; merge the original checkpoint";
        if (start.StartsWith("PK\x03\x04"u8))
            return "it is a ZIP archive (PyTorch pickle weights), not safetensors; convert it first";
        if (start.Length > 1 && start[0] == 0x80 && start[1] is >= 2 and <= 5)
            return "it is a pickle file, not safetensors; convert it first";
        var text = start.TrimStart(" \t\r\n"u8);
        if (text.Length > 1 && text[0] == (byte)'<' && IsTagStart((char)text[1]))
            return "it is an HTML or XML page, not safetensors; the download failed";
        return null;
    }

    static bool IsTagStart(char c) => c is '!' or '?' || char.IsAsciiLetter(c);
}

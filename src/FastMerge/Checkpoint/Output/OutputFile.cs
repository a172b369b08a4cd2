namespace FastMerge.Checkpoint.Output;

/// <summary>A small file next to the weights: configuration, tokenizer, model card.</summary>
readonly record struct OutputFile(string Name, ReadOnlyMemory<byte> Content);

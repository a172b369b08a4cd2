// Merges without writing a file: StreamMerge RECIPE.yml
// Tensors come layer by layer from pooled memory, as a server that loads the merge, or a writer of another
// format, would take them. This one only adds up what it gets.
using FastMerge;
using FastMerge.Core;

if (args is not [var recipe])
{
    Console.Error.WriteLine("usage: StreamMerge RECIPE.yml");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
var progress = new Progress<MergeEvent>(told =>
{
    if (told is WarningEvent warning) Console.Error.WriteLine($"warning: {warning.Text}");
});
try
{
    var (tensors, bytes) = (0, 0L);
    await foreach (var tensor in Merger.StreamAsync(
        RecipeSource.File(recipe), new MergeOptions { MemoryBytes = 1L << 30 }, progress, stop.Token))
    {
        using (tensor)
        {
            foreach (var part in tensor.Data) bytes += part.Length;
            Console.WriteLine($"{tensor.Spec.Name} {tensor.Spec.DType} {tensor.Spec.ShapeText}");
            tensors++;
        }
    }
    Console.WriteLine($"{tensors} tensors, {ByteSize.Format(bytes)}");
    return 0;
}
catch (FastMergeException e)
{
    Console.Error.WriteLine($"error: {e.Message}");
    return (int)e.Kind;
}
catch (OperationCanceledException)
{
    return (int)FailureKind.Interrupted;
}

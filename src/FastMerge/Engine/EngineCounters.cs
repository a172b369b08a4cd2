using System.Collections.Concurrent;
using FastMerge.Backends;

namespace FastMerge.Engine;

/// <summary>What has been read, written and found so far.</summary>
sealed class EngineCounters
{
    readonly ConcurrentDictionary<int, NonFiniteElements> _nonFinite = new();
    long _inputBytes;
    long _outputBytes;

    /// <summary>Bytes read, each as often as it was read.</summary>
    public long InputBytes => Interlocked.Read(ref _inputBytes);

    /// <summary>Bytes of merged tensors that the sink has taken.</summary>
    public long OutputBytes => Interlocked.Read(ref _outputBytes);

    /// <summary>Tensors with NaN or Inf, by index in the plan.</summary>
    public IEnumerable<KeyValuePair<int, NonFiniteElements>> NonFinite => _nonFinite.OrderBy(p => p.Key);

    /// <summary>Counts bytes read.</summary>
    public void Read(long bytes) => Interlocked.Add(ref _inputBytes, bytes);

    /// <summary>Counts bytes written.</summary>
    public void Wrote(long bytes) => Interlocked.Add(ref _outputBytes, bytes);

    /// <summary>Counts NaN and Inf of a tensor.</summary>
    public void Found(int tensor, NonFiniteElements found) => _nonFinite.AddOrUpdate(
        tensor, found, (_, before) => new(before.Inputs + found.Inputs, before.Outputs + found.Outputs));
}

using System.Runtime.ExceptionServices;
using FastMerge.Backends;
using FastMerge.Core;
using FastMerge.Plan;

namespace FastMerge.Engine;

/// <summary>
/// Streams tensors through their passes: readers fetch chunks, workers compute them, writers hand them to
/// the sink; the queues between them are bounded.
/// </summary>
sealed class MergeEngine : IDisposable
{
    readonly EngineOptions _options;
    readonly InputSet _inputs;
    readonly IMergeSink _sink;
    readonly EngineCounters _counters;
    readonly EngineResources _resources;
    readonly Scheduler _scheduler;
    readonly Stage<FetchedChunk> _ready;
    readonly Stage<ComputedChunk> _writes;
    readonly ChunkBuffers? _fetchBuffers;
    readonly ChunkBuffers _outputs;
    readonly long _stageBytes;
    readonly CancellationTokenSource _stop;
    readonly WriteThrottle _throttle;
    ExceptionDispatchInfo? _failure;

    /// <summary>An engine for one run that computes tensors.</summary>
    public MergeEngine(
        IReadOnlyList<PlannedTensor> tensors, InputSet inputs, IMergeSink sink, EngineOptions options,
        MemoryPlan memory,
        EngineCounters counters, Action<string> warn, CancellationToken cancellation)
        : this(resources => new MergeWork(tensors, inputs, sink, resources, options, warn).Tasks(), inputs, sink,
            options, memory, counters, cancellation)
    {
    }

    /// <summary>An engine for one run of any readings.</summary>
    public MergeEngine(
        Func<EngineResources, IEnumerable<TensorTask?>> work, InputSet inputs, IMergeSink sink, EngineOptions options,
        MemoryPlan memory, EngineCounters counters, CancellationToken cancellation)
    {
        (_inputs, _sink, _options, _counters) = (inputs, sink, options, counters);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _throttle = new(options.WriteBytesPerSecond, _stop.Token);
        _resources = new(memory.MatrixBytes, options.Device);
        _scheduler = new(work(_resources), sink, _resources.Matrices, options.ActiveTensors);
        _ready = new(options.ReadAhead);
        _writes = new(options.WriteBehind);
        _outputs = new(options.Threads + options.WriteBehind + options.Writers, options.ChunkBytes);
        _stageBytes = memory.StageBytes;
        if (memory.FetchBufferBytes > 0)
            _fetchBuffers = new(options.Threads + options.ReadAhead + options.Readers, memory.FetchBufferBytes);
    }

    /// <summary>Runs to the end. Throws the first failure of any thread, or that the run was cancelled.</summary>
    public void Run(CancellationToken cancellation)
    {
        using var registration = _stop.Token.Register(Stop);
        var readers = Start("read", _options.Readers, _ => Read());
        var workers = Start("compute", _options.Threads, Compute);
        var writers = Start("write", _options.Writers, _ => Write());
        Join(readers);
        _ready.Close();
        Join(workers);
        _writes.Close();
        Join(writers);
        _scheduler.End();
        // Values that change while they are read can look like a defect of ours; say what it is.
        if (_failure?.SourceException is FastMergeException { Kind: FailureKind.Bug }) _inputs.CheckUnchanged();
        _failure?.Throw();
        cancellation.ThrowIfCancellationRequested();
    }

    void Read()
    {
        while (_scheduler.TryTake(out var task, out var chunk))
        {
            var fetched = FetchedChunk.Fetch(
                task, chunk, _inputs, _fetchBuffers?.Rent(), _options.ZeroNonFinite);
            _counters.Read(fetched.Bytes);
            if (!_ready.Add(fetched)) return;
        }
    }

    void Compute(int index)
    {
        using var worker = new Worker(index, _outputs, _writes, NoteNonFinite);
        using var stages = _stageBytes > 0 ? new NativeBlock(_stageBytes) : null;
        while (_ready.TryTake(out var fetched))
        {
            var (task, chunk) = (fetched.Task, fetched.Chunk);
            if (stages is not null && task.Sweep.ReadsInputs) fetched.ComputeStages(stages, worker);
            do
            {
                _stop.Token.ThrowIfCancellationRequested();
                task.Sweep.Run(chunk, fetched.Inputs(task.Sweep.InputRange(chunk)), worker);
                if (fetched.NonFinite != default) Note(task, fetched.NonFinite);
            }
            while (_scheduler.Finish(fetched, out chunk));
            if (fetched.Buffer is { } buffer) _fetchBuffers!.Return(buffer);
        }
    }

    unsafe void Write()
    {
        while (_writes.TryTake(out var chunk))
        {
            _throttle.Wait(chunk.Bytes);
            _stop.Token.ThrowIfCancellationRequested();
            _sink.Write(chunk.Task.Index!.Value, chunk.Offset, new ReadOnlySpan<byte>(chunk.Data.Data, chunk.Bytes),
                chunk.Hashes);
            _counters.Wrote(chunk.Bytes);
            _outputs.Return(chunk.Data);
        }
    }

    /// <summary>What stages and updates read counts once: where the output is computed, or a matrix
    /// loaded.</summary>
    void Note(TensorTask task, NonFiniteElements found)
    {
        if (task.Sweep is MapSweep) NoteNonFinite(task, found);
        else if (task.Sweep is LoadSweep load) load.Note(found.Inputs);
    }

    void NoteNonFinite(TensorTask task, NonFiniteElements found)
    {
        _counters.Found(task.Index!.Value, found);
        if (!_options.FailOnNonFinite) return;
        throw new FastMergeException(FailureKind.NonFinite,
            $"{task.Name}: NaN or Inf in {found.Inputs} input and {found.Outputs} output elements of one chunk; "
            + "accepted with --non-finite warn or zero");
    }

    Thread[] Start(string name, int count, Action<int> body)
    {
        var threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            var index = i;
            threads[i] = new Thread(() => Guard(() => body(index))) { Name = $"fm-{name}-{i}", IsBackground = true };
            threads[i].Start();
        }
        return threads;
    }

    void Guard(Action body)
    {
        try
        {
            body();
        }
        catch (Exception e)
        {
            var failure = e is IOException or UnauthorizedAccessException
                ? new FastMergeException(FailureKind.Io, e.Message, e) : e;
            if (failure is not OperationCanceledException)
                Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(failure), null);
            _stop.Cancel();
        }
    }

    /// <summary>Ends every wait, so that all threads come to their end.</summary>
    void Stop()
    {
        _scheduler.Stop();
        _ready.Close();
        _writes.Close();
        _outputs.Close();
        _fetchBuffers?.Close();
    }

    static void Join(Thread[] threads)
    {
        foreach (var thread in threads) thread.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _resources.Dispose();
        _outputs.Dispose();
        _fetchBuffers?.Dispose();
        _stop.Dispose();
    }
}

namespace FastMerge.Engine;

/// <summary>How the engine runs; nothing here but seed and zeroing changes a bit of the result.</summary>
sealed record EngineOptions
{
    /// <summary>A run in a plan of memory, as fast as it goes, with seed 0, that counts what is not finite.</summary>
    public static EngineOptions Of(MemoryPlan memory, int threads, Core.InputMode input) => new()
    {
        Threads = threads,
        ChunkBytes = memory.ChunkBytes,
        ActiveTensors = memory.ActiveTensors,
        ReadAhead = memory.ReadAhead,
        WriteBehind = memory.WriteBehind,
        Readers = memory.Readers,
        Writers = memory.Writers,
        Input = input,
        WriteBytesPerSecond = null,
        Seed = 0,
        Interpret = false,
        ZeroNonFinite = false,
        FailOnNonFinite = false,
    };

    /// <summary>Computing threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Bytes of output of one chunk: a power of two from 64 KiB.</summary>
    public required int ChunkBytes { get; init; }

    /// <summary>Tensors under way at once at most.</summary>
    public required int ActiveTensors { get; init; }

    /// <summary>Chunks that are read ahead of computing.</summary>
    public required int ReadAhead { get; init; }

    /// <summary>Computed chunks that wait for being written.</summary>
    public required int WriteBehind { get; init; }

    /// <summary>Threads that fetch chunks.</summary>
    public required int Readers { get; init; }

    /// <summary>Threads that hand chunks to the sink.</summary>
    public required int Writers { get; init; }

    /// <summary>How inputs are read.</summary>
    public required Core.InputMode Input { get; init; }

    /// <summary>Bytes a second that are written at most; null is no limit.</summary>
    public required long? WriteBytesPerSecond { get; init; }

    /// <summary>Key of the random generator.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The device that runs Map passes; null is the CPU.</summary>
    public Backends.DeviceDescription? Device { get; init; }

    /// <summary>Do not use generated kernels.</summary>
    public required bool Interpret { get; init; }

    /// <summary>Non-finite inputs are read as zero.</summary>
    public required bool ZeroNonFinite { get; init; }

    /// <summary>A non-finite value ends the merge.</summary>
    public required bool FailOnNonFinite { get; init; }
}

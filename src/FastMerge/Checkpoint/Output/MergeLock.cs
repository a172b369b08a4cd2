using System.Collections.Immutable;

namespace FastMerge.Checkpoint.Output;

/// <summary>
/// The record of a finished merge, <c>fastmerge.lock.json</c>: from what it was made and the hash of
/// every file. It holds no time, host, thread count or backend, so equal merges have equal locks.
/// </summary>
/// <param name="Tool">Name and version of the program.</param>
/// <param name="Plan">Hash of all that decides the output bytes.</param>
/// <param name="Seed">Seed of random masks.</param>
/// <param name="Recipe">The recipe's text.</param>
/// <param name="Inputs">The files read.</param>
/// <param name="Outputs">The files written, the lock excepted.</param>
sealed record MergeLock(
    string Tool, UInt128 Plan, ulong Seed, string Recipe,
    ImmutableArray<LockedInput> Inputs, ImmutableArray<LockedOutput> Outputs);

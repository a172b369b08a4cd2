using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastMerge.Interop;

/// <summary>The C ABI of libfastmerge_native, in the chapters of fastmerge.h.</summary>
static unsafe partial class NativeMethods
{
    /// <summary>The ABI this code was written for.</summary>
    public const int AbiVersion = 3;

    const string Library = NativeLibraryPath.Name;

    [LibraryImport(Library, EntryPoint = "fm_abi_version")]
    public static partial int GetAbiVersion();

    [LibraryImport(Library, EntryPoint = "fm_target_list")]
    public static partial int TargetList(byte* text, int capacity, out int needed, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_target_name")]
    public static partial int TargetName(byte* text, int capacity, out int needed, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_target_select", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int TargetSelect(string? name, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_program_create")]
    public static partial int ProgramCreate(uint* words, long count, out nint program, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_program_destroy")]
    public static partial void ProgramDestroy(nint program);

    [LibraryImport(Library, EntryPoint = "fm_program_reductions")]
    public static partial int ProgramReductions(ProgramHandle program, int models, out long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_map_run")]
    public static partial int MapRun(ProgramHandle program, NativeRun* run, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_map_is_generated")]
    public static partial int MapIsGenerated(
        ProgramHandle program, NativeRun* run, out int generated, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_reduce_run")]
    public static partial int ReduceRun(
        ProgramHandle program, NativeRun* run, double* sums, long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_program_maxima")]
    public static partial int ProgramMaxima(
        ProgramHandle program, int models, byte* maxima, long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_reduce_columns_run")]
    public static partial int ReduceColumnsRun(
        ProgramHandle program, NativeRun* run, double* values, long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_rank_run")]
    public static partial int RankRun(
        ProgramHandle program, NativeRun* run, float* ranks, long count, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_rank_bytes")]
    public static partial long RankBytes(long rowLength);

    [LibraryImport(Library, EntryPoint = "fm_low_rank_add")]
    public static partial int LowRankAdd(
        NativeLowRank* update, NativeBuffer* input, float* output, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_low_rank_load")]
    public static partial int LowRankLoad(
        NativeBuffer* source, long first, long count, NativePlacement* placement, uint flags, float* target,
        long capacity, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_select_create")]
    public static partial int SelectCreate(
        int entries, NativeSelectRequest* requests, int requestCount, long elementCount, int workers, out nint select,
        NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_select_run")]
    public static partial int SelectRun(
        SelectHandle select, ProgramHandle program, NativeRun* run, long before, int worker, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_select_next")]
    public static partial int SelectNext(
        SelectHandle select, out int more, out long first, out long count, out int ordered, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_select_cuts")]
    public static partial int SelectCuts(SelectHandle select, NativeCut* cuts, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_select_destroy")]
    public static partial void SelectDestroy(nint select);

    [LibraryImport(Library, EntryPoint = "fm_select_bytes")]
    public static partial long SelectBytes(int entries, int requestCount, long elementCount, int workers);

    [LibraryImport(Library, EntryPoint = "fm_hash64")]
    public static partial ulong Hash64(void* data, long size);

    [LibraryImport(Library, EntryPoint = "fm_hash128")]
    public static partial void Hash128(void* data, long size, byte* hash);

    [LibraryImport(Library, EntryPoint = "fm_hash_blocks")]
    public static partial void HashBlocks(void* data, long size, byte* hashes);

    [LibraryImport(Library, EntryPoint = "fm_map_file")]
    public static partial int MapFile(int descriptor, long size, out nint address, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_unmap_file")]
    public static partial void UnmapFile(nint address, long size);

    [LibraryImport(Library, EntryPoint = "fm_advise")]
    public static partial void Advise(void* address, long size, int advice);

    [LibraryImport(Library, EntryPoint = "fm_guarded_copy")]
    public static partial int GuardedCopy(void* destination, void* source, long size, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_allocate")]
    public static partial int Allocate(long size, out nint address, NativeError* error);

    [LibraryImport(Library, EntryPoint = "fm_free")]
    public static partial void Free(nint address, long size);

#pragma warning disable CA2255 // the resolver has to be in place before the first native call
    [ModuleInitializer]
    internal static void UseLibraryPath() =>
        NativeLibrary.SetDllImportResolver(
            typeof(NativeMethods).Assembly, (name, _, _) => NativeLibraryPath.Resolve(name));
#pragma warning restore CA2255
}

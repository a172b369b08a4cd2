#include "targets.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>

#include "errors.h"

namespace fm {

#if defined(__x86_64__)
namespace v4 {
void fill_table(TargetTable& table);
}
namespace v3 {
void fill_table(TargetTable& table);
}
namespace v2 {
void fill_table(TargetTable& table);
}
#else
namespace base {
void fill_table(TargetTable& table);
}
#endif

namespace {

constexpr int kMostTargets = 3;
TargetTable tables[kMostTargets];  // of this machine, best first
int table_count = 0;
std::once_flag tables_made;
std::atomic<const TargetTable*> selected{nullptr};

void add_table(void (*fill)(TargetTable&)) { fill(tables[table_count++]); }

void make_tables() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("x86-64-v4")) add_table(v4::fill_table);
  if (__builtin_cpu_supports("x86-64-v3")) add_table(v3::fill_table);
  if (__builtin_cpu_supports("x86-64-v2")) add_table(v2::fill_table);
#else
  add_table(base::fill_table);
#endif
}

struct Names {
  char text[64];
  int32_t length;
};

Names join_names() {
  Names names{};
  for (int i = 0; i < table_count; ++i) {
    if (i) names.text[names.length++] = ' ';
    for (const char* c = tables[i].name; *c; ++c) names.text[names.length++] = *c;
  }
  return names;
}

fm_status find_target(std::string_view name, const char* source, const TargetTable** table, fm_error* error) {
  for (int i = 0; i < table_count; ++i)
    if (name == tables[i].name) {
      *table = &tables[i];
      return FM_OK;
    }
  return fail(error, FM_UNSUPPORTED, "%s: target '%.*s' is not available; this machine has: %s", source,
              static_cast<int>(std::min<size_t>(name.size(), 40)), name.data(), join_names().text);
}

fm_status copy_text(const char* text, int32_t length, char* to, int32_t capacity, int32_t* needed,
                    fm_error* error) {
  if (needed) *needed = length + 1;
  if (!to || capacity <= length)
    return fail(error, FM_INVALID_ARGUMENT, "target: room for %d bytes, %d are needed", capacity, length + 1);
  std::memcpy(to, text, static_cast<size_t>(length) + 1);
  return succeed(error);
}

fm_status ensure_tables(fm_error* error) {
  std::call_once(tables_made, make_tables);
  return table_count ? FM_OK : fail(error, FM_UNSUPPORTED, "target: this processor lacks x86-64-v2");
}

}  // namespace

fm_status current_target(const TargetTable** table, fm_error* error) {
  *table = selected.load(std::memory_order_acquire);
  if (*table) return FM_OK;
  if (const fm_status status = ensure_tables(error)) return status;
  const char* forced = std::getenv("FASTMERGE_TARGET");
  if (!forced || !*forced) {
    *table = &tables[0];
  } else if (const fm_status status = find_target(forced, "FASTMERGE_TARGET", table, error)) {
    return status;
  }
  selected.store(*table, std::memory_order_release);
  return FM_OK;
}

const fm_catalogue_entry* find_kernel(const TargetTable& table, uint64_t program, int32_t models,
                                      int32_t input, int32_t output) {
  const fm_catalogue_entry* looped = nullptr;
  for (const CataloguePart& part : table.catalogue) {
    const auto* end = part.entries + part.count;
    const auto* at =
        std::lower_bound(part.entries, end, program,
                         [](const fm_catalogue_entry& e, uint64_t hash) { return e.program < hash; });
    for (; at != end && at->program == program; ++at) {
      if (at->input_dtype != input || at->output_dtype != output) continue;
      if (at->models == models) return at;
      if (at->models < 0) looped = at;
    }
  }
  return looped;
}

}  // namespace fm

extern "C" {

int32_t fm_abi_version(void) { return FM_ABI_VERSION; }

fm_status fm_target_list(char* text, int32_t capacity, int32_t* needed, fm_error* error) {
  if (const fm_status status = fm::ensure_tables(error)) return status;
  const fm::Names names = fm::join_names();
  return fm::copy_text(names.text, names.length, text, capacity, needed, error);
}

fm_status fm_target_name(char* text, int32_t capacity, int32_t* needed, fm_error* error) {
  const fm::TargetTable* table;
  if (const fm_status status = fm::current_target(&table, error)) return status;
  return fm::copy_text(table->name, static_cast<int32_t>(std::strlen(table->name)), text, capacity, needed,
                       error);
}

fm_status fm_target_select(const char* name, fm_error* error) {
  if (const fm_status status = fm::ensure_tables(error)) return status;
  const fm::TargetTable* table = &fm::tables[0];
  if (name && *name)
    if (const fm_status status = fm::find_target(name, "fm_target_select", &table, error)) return status;
  fm::selected.store(table, std::memory_order_release);
  return fm::succeed(error);
}

}  // extern "C"

#include "memory/mapping.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#include "cpu/errors.h"
#include "memory/guard.h"

namespace fm {
namespace {

struct Mapping {
  int64_t size;
  int descriptor;  // our own, to ask the file's size after a fault; -1 when none was left to have
  timespec modified;
};

/// The live mappings by address. Never destroyed: threads may still read when the process exits.
struct Registry {
  std::mutex lock;
  std::map<uintptr_t, Mapping> mappings;
};

Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

/// The mapping that holds the address; the lock is held.
std::map<uintptr_t, Mapping>::iterator around(Registry& all, uintptr_t address) {
  auto next = all.mappings.upper_bound(address);
  if (next == all.mappings.begin()) return all.mappings.end();
  auto entry = std::prev(next);
  return address - entry->first < static_cast<uintptr_t>(entry->second.size) ? entry : all.mappings.end();
}

bool same_time(const timespec& a, const timespec& b) {
  return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/// Whether [address, address + size) lies inside one mapping.
bool is_mapped(uintptr_t address, int64_t size) {
  Registry& all = registry();
  std::lock_guard hold(all.lock);
  auto entry = around(all, address);
  return entry != all.mappings.end() &&
         size <= static_cast<int64_t>(entry->first - address) + entry->second.size;
}

}  // namespace

MappingState find_mapping(const void* address) {
  MappingState state = {};
  state.current_size = -1;
  auto wanted = reinterpret_cast<uintptr_t>(address);
  Registry& all = registry();
  std::lock_guard hold(all.lock);
  auto entry = around(all, wanted);
  if (entry == all.mappings.end()) return state;
  const Mapping& mapping = entry->second;
  state.known = true;
  state.offset = static_cast<int64_t>(wanted - entry->first);
  state.mapped_size = mapping.size;
  struct stat now;
  if (mapping.descriptor >= 0 && fstat(mapping.descriptor, &now) == 0) {
    state.current_size = now.st_size;
    state.modified = !same_time(now.st_mtim, mapping.modified);
  }
  return state;
}

}  // namespace fm

using fm::fail;

fm_status fm_map_file(int32_t descriptor, int64_t size, void** address, fm_error* error) {
  if (address == nullptr) return fail(error, FM_INVALID_ARGUMENT, "fm_map_file: address is null");
  *address = nullptr;
  if (size <= 0) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_map_file: size is %lld, at least 1 is needed",
                static_cast<long long>(size));
  }
  struct stat file;
  if (fstat(descriptor, &file) != 0) {
    return fail(error, errno == EBADF ? FM_INVALID_ARGUMENT : FM_INPUT_IO, "fm_map_file: descriptor %d: %s",
                descriptor, std::strerror(errno));
  }
  if (!S_ISREG(file.st_mode)) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_map_file: descriptor %d is not a regular file", descriptor);
  }
  if (file.st_size < size) {
    return fail(error, FM_INPUT_SHRANK, "the file has %lld bytes, %lld are expected",
                static_cast<long long>(file.st_size), static_cast<long long>(size));
  }
  fm::install_guard();
  void* mapped = mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (mapped == MAP_FAILED) {
    fm_status status = errno == ENOMEM ? FM_OUT_OF_MEMORY : FM_INPUT_IO;
    return fail(error, status, "mapping %lld bytes failed: %s", static_cast<long long>(size),
                std::strerror(errno));
  }
  int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  try {
    fm::Registry& all = fm::registry();
    std::lock_guard hold(all.lock);
    all.mappings[reinterpret_cast<uintptr_t>(mapped)] = {size, own, file.st_mtim};
  } catch (const std::bad_alloc&) {
    munmap(mapped, static_cast<size_t>(size));
    if (own >= 0) close(own);
    return fail(error, FM_OUT_OF_MEMORY, "no memory for the record of a mapping");
  }
  *address = mapped;
  return FM_OK;
}

void fm_unmap_file(void* address, int64_t) {
  fm::Registry& all = fm::registry();
  std::lock_guard hold(all.lock);
  auto entry = all.mappings.find(reinterpret_cast<uintptr_t>(address));
  if (entry == all.mappings.end()) return;
  munmap(address, static_cast<size_t>(entry->second.size));
  if (entry->second.descriptor >= 0) close(entry->second.descriptor);
  all.mappings.erase(entry);
}

void fm_advise(void* address, int64_t size, int32_t advice) {
  auto first = reinterpret_cast<uintptr_t>(address);
  // Dropping anonymous memory would lose what is in it, so only files that we mapped are advised.
  if (size <= 0 || !fm::is_mapped(first, size)) return;
  auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  uintptr_t end = first + static_cast<uintptr_t>(size);
  if (advice == 1) {
    first &= ~(page - 1);
    madvise(reinterpret_cast<void*>(first), end - first, MADV_WILLNEED);
  } else if (advice == 2) {
    first = (first + page - 1) & ~(page - 1);
    end &= ~(page - 1);
    if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }
}

fm_status fm_guarded_copy(void* destination, const void* source, int64_t size, fm_error* error) {
  if (size < 0 || (size > 0 && (destination == nullptr || source == nullptr))) {
    return fail(error, FM_INVALID_ARGUMENT, "fm_guarded_copy: %lld bytes from %p to %p",
                static_cast<long long>(size), source, destination);
  }
  if (size == 0) return FM_OK;
  return fm::guarded([&] { std::memcpy(destination, source, static_cast<size_t>(size)); }, error);
}

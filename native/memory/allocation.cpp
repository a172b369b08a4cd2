#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cpu/errors.h"

namespace {

constexpr size_t huge_page = size_t{2} << 20;

size_t whole_pages(int64_t size) {
  auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (static_cast<size_t>(size) + page - 1) & ~(page - 1);
}

void* reserve(size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

/// Reserves more than asked and gives back what lies around the aligned part.
void* reserve_huge(size_t bytes) {
  auto* memory = static_cast<char*>(reserve(bytes + huge_page));
  if (memory == nullptr) return nullptr;
  size_t before = (huge_page - reinterpret_cast<uintptr_t>(memory) % huge_page) % huge_page;
  if (before > 0) munmap(memory, before);
  munmap(memory + before + bytes, huge_page - before);
  madvise(memory + before, bytes, MADV_HUGEPAGE);
  return memory + before;
}

}  // namespace

fm_status fm_allocate(int64_t size, void** address, fm_error* error) {
  if (address == nullptr) return fm::fail(error, FM_INVALID_ARGUMENT, "fm_allocate: address is null");
  *address = nullptr;
  if (size <= 0 || size > (int64_t{1} << 47)) {
    return fm::fail(error, FM_INVALID_ARGUMENT, "fm_allocate: size is %lld, 1 to 2^47 are accepted",
                    static_cast<long long>(size));
  }
  size_t bytes = whole_pages(size);
  void* memory = bytes >= huge_page ? reserve_huge(bytes) : reserve(bytes);
  if (memory == nullptr) {
    return fm::fail(error, FM_OUT_OF_MEMORY, "no memory for %lld bytes: %s", static_cast<long long>(size),
                    std::strerror(errno));
  }
  *address = memory;
  return FM_OK;
}

void fm_free(void* address, int64_t size) {
  if (address != nullptr && size > 0) munmap(address, whole_pages(size));
}

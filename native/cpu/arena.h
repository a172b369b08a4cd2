// arena.h - the scratch memory of one call: sizes are added up first, then handed out from one block, so
// that code under the fault guard allocates and frees nothing.
#ifndef FASTMERGE_CPU_ARENA_H
#define FASTMERGE_CPU_ARENA_H
#include <cstddef>
#include <cstdlib>

namespace fm {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { std::free(block_); }

  // Counts room for n values of T; take hands out the same requests in the same order after allocate.
  template <class T>
  void plan(size_t n) {
    size_ += rounded(n * sizeof(T));
  }
  bool allocate() {
    return (block_ = static_cast<char*>(std::aligned_alloc(kAlignment, size_ + kAlignment)));
  }
  template <class T>
  T* take(size_t n) {
    T* p = reinterpret_cast<T*>(block_ + used_);
    used_ += rounded(n * sizeof(T));
    return p;
  }

 private:
  static constexpr size_t kAlignment = 64;
  static size_t rounded(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

  char* block_ = nullptr;
  size_t size_ = 0, used_ = 0;
};

}  // namespace fm
#endif

// arena.h - the memory of matrix calls, taken once and used again, and the threads they run on.
//
// A call puts its buffers into structs whose constructor takes them from an arena. fm_matrix_work makes the
// same structs on a counting arena, which has no memory, so what is foretold is what is taken.
#ifndef FASTMERGE_LINALG_ARENA_H
#define FASTMERGE_LINALG_ARENA_H
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "failure.h"
#include "fastmerge.h"

namespace fm::linalg {

class Arena {
 public:
  // An arena that only counts: its memory must not be touched.
  Arena() = default;
  Arena(int64_t capacity, int threads);
  ~Arena() { fm_free(memory_, capacity_); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // n elements at a multiple of 64 bytes, with whatever they hold from before. Throws FM_OUT_OF_MEMORY.
  template <class T>
  T* take(int64_t n) {
    const int64_t bytes = (n * static_cast<int64_t>(sizeof(T)) + 63) / 64 * 64;
    if (bytes > capacity_ - used_) refuse_size(used_ + bytes);
    const uintptr_t at = reinterpret_cast<uintptr_t>(memory_) + static_cast<uintptr_t>(used_);
    used_ += bytes;
    most_ = std::max(most_, used_);
    return reinterpret_cast<T*>(at);
  }

  // Throws FM_OUT_OF_MEMORY unless this many bytes are free: a call that foretells its needs fails before it
  // begins.
  void require(int64_t bytes) const {
    if (bytes > capacity_ - used_) refuse_size(used_ + bytes);
  }

  int64_t used() const { return used_; }
  int64_t most() const { return most_; }
  int threads() const { return threads_; }

 private:
  friend class Scope;
  friend class Hold;
  friend class Session;
  [[noreturn]] void refuse_size(int64_t needed) const;
  void release(int64_t begin, int64_t end);

  void* memory_ = nullptr;
  int64_t capacity_ = std::numeric_limits<int64_t>::max() / 2;
  int64_t used_ = 0, most_ = 0;
  int threads_ = 1;
  std::atomic<bool> in_call_{false};
  struct Held {
    int64_t begin, end;
  };
  std::vector<Held> held_;
};

// What is taken while it lives is given back when it ends.
class Scope {
 public:
  explicit Scope(Arena& arena) : arena_(arena), used_(arena.used_) {}
  ~Scope() { arena_.used_ = used_; }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Arena& arena_;
  int64_t used_;
};

// What was taken between its making and keep() stays until it ends, calls later; ends may come in any order.
class Hold {
 public:
  explicit Hold(Arena& arena) : arena_(arena), begin_(arena.used_), end_(arena.used_) {}
  void keep();
  ~Hold();
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  Arena& arena_;
  int64_t begin_, end_;
  bool kept_ = false;
};

// Taken by each call for as long as it runs. An arena of one thread: the library runs on one thread, beside
// other such calls. Of more: the call waits until it has the library to itself. A second call with the same
// arena is refused.
class Session {
 public:
  explicit Session(Arena& arena);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  Arena& arena_;
};

// The library's threads inside a session of several, for a while: 1 where the caller runs own threads.
class LibraryThreads {
 public:
  LibraryThreads(const Arena& arena, int threads);
  ~LibraryThreads();
  LibraryThreads(const LibraryThreads&) = delete;
  LibraryThreads& operator=(const LibraryThreads&) = delete;

 private:
  int before_;
};

}  // namespace fm::linalg

struct fm_arena : fm::linalg::Arena {
  using Arena::Arena;
};
#endif

#include "arena.h"

#include <condition_variable>
#include <mutex>
#include <new>

#include "blas.h"

namespace fm::linalg {
namespace {

// Who may use the library: any number of one-threaded calls, or one call of several threads. A waiting call
// of several threads goes before one-threaded ones that come later.
class Turnstile {
 public:
  void enter(int threads) {
    std::unique_lock lock(mutex_);
    if (threads == 1) {
      changed_.wait(lock, [&] { return !alone_ && waiting_ == 0; });
      ++beside_;
    } else {
      ++waiting_;
      changed_.wait(lock, [&] { return !alone_ && beside_ == 0; });
      --waiting_;
      alone_ = true;
    }
    // Each time: a library built on OpenMP keeps the number for each calling thread.
    blas().set_num_threads(threads);
  }
  void leave(int threads) {
    {
      std::lock_guard lock(mutex_);
      if (threads == 1) {
        --beside_;
      } else {
        alone_ = false;
      }
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int beside_ = 0, waiting_ = 0;
  bool alone_ = false;
};

Turnstile& turnstile() {
  static Turnstile instance;
  return instance;
}

}  // namespace

Arena::Arena(int64_t capacity, int threads) : capacity_(capacity), threads_(threads) {
  fm_error error;
  if (capacity > 0 && fm_allocate(capacity, &memory_, &error) != FM_OK) {
    capacity_ = 0;
    refuse(error.status, "%s", error.text);
  }
}

void Arena::refuse_size(int64_t needed) const {
  refuse(FM_OUT_OF_MEMORY, "matrix call: %lld bytes of arena are needed, it has %lld",
         static_cast<long long>(needed), static_cast<long long>(capacity_));
}

void Arena::release(int64_t begin, int64_t end) {
  int64_t top = 0;
  std::erase_if(held_, [&](const Held& held) { return held.begin == begin && held.end == end; });
  for (const Held& held : held_) top = std::max(top, held.end);
  used_ = top;
}

void Hold::keep() {
  end_ = arena_.used_;
  arena_.held_.push_back({begin_, end_});
  kept_ = true;
}

Hold::~Hold() {
  if (kept_) {
    arena_.release(begin_, end_);
  } else {
    arena_.used_ = begin_;
  }
}

Session::Session(Arena& arena) : arena_(arena) {
  blas();
  if (arena.in_call_.exchange(true)) refuse(FM_INVALID_ARGUMENT, "the arena is in use by another call");
  turnstile().enter(arena.threads());
}

Session::~Session() {
  turnstile().leave(arena_.threads());
  arena_.in_call_.store(false);
}

LibraryThreads::LibraryThreads(const Arena& arena, int threads) : before_(arena.threads()) {
  if (before_ > 1) blas().set_num_threads(threads);
}

LibraryThreads::~LibraryThreads() {
  if (before_ > 1) blas().set_num_threads(before_);
}

}  // namespace fm::linalg

fm_status fm_arena_create(int64_t capacity, int32_t threads, fm_arena** arena, fm_error* error) {
  return fm::linalg::guarded_call("fm_arena_create", error, [&] {
    if (!arena) fm::linalg::refuse(FM_INVALID_ARGUMENT, "fm_arena_create: no place for the arena");
    *arena = nullptr;
    if (capacity < 0 || capacity > int64_t{1} << 47)
      fm::linalg::refuse(FM_INVALID_ARGUMENT, "fm_arena_create: capacity is %lld, 0 to 2^47 are accepted",
                         static_cast<long long>(capacity));
    if (threads < 1 || threads > 1024)
      fm::linalg::refuse(FM_INVALID_ARGUMENT, "fm_arena_create: threads is %d, 1 to 1024 are accepted",
                         threads);
    *arena = new fm_arena(capacity, threads);
  });
}

void fm_arena_destroy(fm_arena* arena) { delete arena; }

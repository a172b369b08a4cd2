// workers.h - own threads inside a call of an arena of several threads.
#ifndef FASTMERGE_LINALG_WORKERS_H
#define FASTMERGE_LINALG_WORKERS_H
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "arena.h"
#include "blas.h"

namespace fm::linalg {

constexpr int kMostWorkers = 16;

// Runs work(worker, part) for every part; parts are taken in their order by threads that are free; the
// library runs on one thread meanwhile.
template <class Work>
void run_parts(const Arena& arena, int64_t parts, const Work& work) {
  const int workers = static_cast<int>(std::min<int64_t>({arena.threads(), kMostWorkers, parts}));
  if (workers <= 1) {
    for (int64_t part = 0; part < parts; ++part) work(0, part);
    return;
  }
  const LibraryThreads one(arena, 1);
  std::atomic<int64_t> next{0};
  std::exception_ptr failure;
  std::mutex failing;
  const auto run = [&](int worker) {
    try {
      if (worker > 0) blas().set_num_threads(1);
      for (int64_t part = next++; part < parts; part = next++) work(worker, part);
    } catch (...) {
      std::lock_guard lock(failing);
      failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    try {
      for (int worker = 1; worker < workers; ++worker) threads.emplace_back(run, worker);
    } catch (const std::system_error&) {
      // Those that there are do it.
    }
    run(0);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace fm::linalg
#endif

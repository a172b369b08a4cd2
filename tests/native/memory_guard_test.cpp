#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "fastmerge.h"
#include "memory/guard.h"

namespace {

constexpr int64_t page = 4096;

/// A file without a name, its bytes are (offset / page) + 1.
class File {
 public:
  explicit File(int64_t pages) : _size(pages * page) {
    char name[] = "/tmp/fastmerge-guard-XXXXXX";
    descriptor = mkstemp(name);
    unlink(name);
    fill();
  }
  ~File() { close(descriptor); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  void cut(int64_t size) const { ASSERT_EQ(ftruncate(descriptor, size), 0); }
  void fill() const {
    for (int64_t at = 0; at < _size; at += page) {
      std::vector<char> bytes(page, static_cast<char>(at / page + 1));
      EXPECT_EQ(pwrite(descriptor, bytes.data(), bytes.size(), at), page);
    }
  }

  int descriptor = -1;

 private:
  int64_t _size;
};

/// A mapping of a file by the library.
class Mapped {
 public:
  Mapped(const File& file, int64_t bytes) : size(bytes) {
    status = fm_map_file(file.descriptor, size, &address, &error);
  }
  ~Mapped() { fm_unmap_file(address, size); }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  const char* bytes() const { return static_cast<const char*>(address); }

  int64_t size;
  void* address = nullptr;
  fm_status status = FM_OK;
  fm_error error = {};
};

int open_descriptors() {
  int count = 0;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) count += fcntl(descriptor, F_GETFD) >= 0;
  return count;
}

TEST(MemoryMapping, ReadsTheFileAfterItsDescriptorIsClosed) {
  auto file = std::make_unique<File>(3);
  Mapped mapped(*file, 3 * page);
  ASSERT_EQ(mapped.status, FM_OK) << mapped.error.text;
  file.reset();
  std::vector<char> copy(3 * page);
  ASSERT_EQ(fm_guarded_copy(copy.data(), mapped.address, 3 * page, nullptr), FM_OK);
  EXPECT_EQ(copy[0], 1);
  EXPECT_EQ(copy[3 * page - 1], 3);
}

TEST(MemoryMapping, RefusesWhatItCannotMap) {
  File file(1);
  void* address = &file;
  fm_error error = {};
  EXPECT_EQ(fm_map_file(file.descriptor, 0, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(address, nullptr);
  EXPECT_EQ(fm_map_file(file.descriptor, -5, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_map_file(file.descriptor, page, nullptr, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_map_file(1000000, page, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_map_file(file.descriptor, page + 1, &address, &error), FM_INPUT_SHRANK);
  EXPECT_STREQ(error.text, "the file has 4096 bytes, 4097 are expected");
  EXPECT_EQ(fm_map_file(file.descriptor, page + 1, &address, nullptr), FM_INPUT_SHRANK);
}

TEST(MemoryMapping, UnmappingGivesTheDescriptorBack) {
  File file(2);
  int before = open_descriptors();
  for (int round = 0; round < 100; ++round) Mapped mapped(file, 2 * page);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(MemoryMapping, UnmappingSomethingElseDoesNothing) {
  std::vector<char> own(100, 'x');
  fm_unmap_file(own.data(), 100);
  fm_unmap_file(nullptr, 0);
  EXPECT_EQ(own[99], 'x');
}

TEST(MemoryMapping, AdviceKeepsTheBytes) {
  File file(8);
  Mapped mapped(file, 8 * page);
  for (int advice : {1, 2, 1, 99}) {
    fm_advise(mapped.address, 8 * page, advice);
    fm_advise(static_cast<char*>(mapped.address) + 10, 3 * page, advice);
    EXPECT_EQ(mapped.bytes()[7 * page], 8);
  }
}

TEST(MemoryMapping, AdviceNeverTouchesOtherMemory) {
  void* address = nullptr;
  ASSERT_EQ(fm_allocate(4 * page, &address, nullptr), FM_OK);
  std::memset(address, 7, 4 * page);
  fm_advise(address, 4 * page, 2);
  EXPECT_EQ(static_cast<char*>(address)[0], 7);
  File file(2);
  Mapped mapped(file, 2 * page);
  fm_advise(mapped.address, 5 * page, 2);  // more than is mapped
  EXPECT_EQ(mapped.bytes()[page], 2);
  fm_free(address, 4 * page);
}

TEST(MemoryAllocation, IsZeroAlignedAndWritable) {
  for (int64_t size : {int64_t{1}, page, page + 1, int64_t{2} << 20, (int64_t{5} << 20) + 123}) {
    void* address = nullptr;
    ASSERT_EQ(fm_allocate(size, &address, nullptr), FM_OK);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(address) % page, 0u);
    auto* bytes = static_cast<char*>(address);
    EXPECT_EQ(bytes[0], 0);
    EXPECT_EQ(bytes[size - 1], 0);
    std::memset(bytes, 1, static_cast<size_t>(size));
    fm_free(address, size);
  }
}

TEST(MemoryAllocation, RefusesWhatCannotBe) {
  void* address = nullptr;
  fm_error error = {};
  EXPECT_EQ(fm_allocate(0, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_allocate(-1, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_allocate(INT64_MAX, &address, &error), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_allocate(int64_t{1} << 47, &address, &error), FM_OUT_OF_MEMORY);
  EXPECT_EQ(address, nullptr);
  EXPECT_EQ(error.status, FM_OUT_OF_MEMORY);
  fm_free(nullptr, 100);
}

TEST(MemoryGuard, PassesTheStatusOfTheBodyOn) {
  EXPECT_EQ(fm::guarded([] { return fm_status{FM_UNSUPPORTED}; }, nullptr), FM_UNSUPPORTED);
  int calls = 0;
  EXPECT_EQ(fm::guarded([&] { ++calls; }, nullptr), FM_OK);
  EXPECT_EQ(calls, 1);
}

TEST(MemoryGuard, ShorterFileIsToldWithItsNumbers) {
  File file(4);
  Mapped mapped(file, 4 * page);
  file.cut(page);
  char byte = 0;
  fm_error error = {};
  EXPECT_EQ(fm_guarded_copy(&byte, mapped.bytes() + 2 * page + 5, 1, &error), FM_INPUT_SHRANK);
  EXPECT_EQ(error.status, FM_INPUT_SHRANK);
  EXPECT_STREQ(
      error.text,
      "a mapped input became shorter while it was read: 4096 bytes are left of 16384 (read at offset 8197)");
  EXPECT_EQ(fm_guarded_copy(&byte, mapped.bytes(), 1, &error), FM_OK);
  EXPECT_EQ(byte, 1);
}

TEST(MemoryGuard, FileCutAndWrittenAgainIsNotAnIoError) {
  File file(4);
  Mapped mapped(file, 4 * page);
  timespec later[2] = {{2000000000, 0}, {2000000000, 0}};
  fm_error error = {};
  fm_status status = fm::guarded(
      [&] {
        ftruncate(file.descriptor, 0) == 0 ? void() : std::abort();
        volatile char byte = mapped.bytes()[3 * page];
        static_cast<void>(byte);
      },
      &error);
  EXPECT_EQ(status, FM_INPUT_SHRANK);
  file.fill();
  futimens(file.descriptor, later);
  EXPECT_EQ(fm::classify_fault(mapped.bytes() + page, &error), FM_INPUT_SHRANK);
  EXPECT_STREQ(error.text,
               "a mapped input was cut and written again while it was read (read at offset 4096 of 16384)");
}

TEST(MemoryGuard, FaultInAWholeFileIsAnIoError) {
  File file(2);
  Mapped mapped(file, 2 * page);
  fm_error error = {};
  EXPECT_EQ(fm::classify_fault(mapped.bytes() + 100, &error), FM_INPUT_IO);
  EXPECT_STREQ(error.text, "a mapped input could not be read at offset 100 of 8192 (I/O error)");
}

TEST(MemoryGuard, MappingOfSomeoneElseIsAnIoError) {
  File file(2);
  auto* bytes = static_cast<char*>(mmap(nullptr, 2 * page, PROT_READ, MAP_SHARED, file.descriptor, 0));
  file.cut(0);
  char byte = 0;
  EXPECT_EQ(fm_guarded_copy(&byte, bytes + page, 1, nullptr), FM_INPUT_IO);
  munmap(bytes, 2 * page);
}

TEST(MemoryGuard, InnermostGuardTakesTheFault) {
  File file(2);
  Mapped mapped(file, 2 * page);
  file.cut(0);
  bool outer_went_on = false;
  fm_status inner = FM_OK;
  fm_status outer = fm::guarded(
      [&] {
        char byte;
        inner = fm_guarded_copy(&byte, mapped.address, 1, nullptr);
        outer_went_on = true;
        return fm_guarded_copy(&byte, mapped.address, 1, nullptr) == FM_INPUT_SHRANK ? FM_UNSUPPORTED : FM_OK;
      },
      nullptr);
  EXPECT_EQ(inner, FM_INPUT_SHRANK);
  EXPECT_TRUE(outer_went_on);
  EXPECT_EQ(outer, FM_UNSUPPORTED);
  EXPECT_EQ(fm::guard_innermost, nullptr);
}

TEST(MemoryGuard, FaultAfterAnInnerGuardGoesToTheOuterOne) {
  File file(2);
  Mapped mapped(file, 2 * page);
  file.cut(0);
  fm_status outer = fm::guarded(
      [&] {
        static_cast<void>(fm::guarded([] {}, nullptr));
        volatile char byte = mapped.bytes()[0];
        static_cast<void>(byte);
      },
      nullptr);
  EXPECT_EQ(outer, FM_INPUT_SHRANK);
  EXPECT_EQ(fm::guard_innermost, nullptr);
}

TEST(MemoryGuard, GuardedCopyRefusesNull) {
  char byte = 1;
  EXPECT_EQ(fm_guarded_copy(nullptr, &byte, 1, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_guarded_copy(&byte, nullptr, 1, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_guarded_copy(&byte, &byte, -1, nullptr), FM_INVALID_ARGUMENT);
  EXPECT_EQ(fm_guarded_copy(nullptr, nullptr, 0, nullptr), FM_OK);
}

TEST(MemoryGuard, FilesCutUnderFourReadersAgainAndAgain) {
  std::atomic<int> shrank{0}, other{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      std::vector<char> copy(64 * page);
      for (int round = 0; round < 50; ++round) {
        File file(64);
        Mapped mapped(file, 64 * page);
        std::thread cutter([&] { file.cut(page); });
        fm_status status = FM_OK;
        while (status == FM_OK) status = fm_guarded_copy(copy.data(), mapped.address, 64 * page, nullptr);
        cutter.join();
        (status == FM_INPUT_SHRANK ? shrank : other) += 1;
        EXPECT_EQ(fm::guard_innermost, nullptr);
      }
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(shrank, 200);
  EXPECT_EQ(other, 0);
}

TEST(MemoryGuard, OneFileCutUnderFourReaders) {
  File file(256);
  Mapped mapped(file, 256 * page);
  std::atomic<int> shrank{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      std::vector<char> copy(256 * page);
      for (int round = 0; round < 500; ++round) {
        fm_status status = fm_guarded_copy(copy.data(), mapped.address, 256 * page, nullptr);
        ASSERT_TRUE(status == FM_OK || status == FM_INPUT_SHRANK);
        shrank += status == FM_INPUT_SHRANK;
      }
    });
  }
  for (int cut = 0; cut < 100; ++cut) {
    file.cut(cut * page);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    file.cut(256 * page);
  }
  for (auto& reader : readers) reader.join();
  EXPECT_GT(shrank, 0);
}

TEST(MemoryGuard, CostsNanosecondsWhenNothingHappens) {
  volatile int work = 0;
  auto best = std::chrono::nanoseconds::max();
  for (int round = 0; round < 20; ++round) {
    auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10000; ++i) static_cast<void>(fm::guarded([&] { work = i; }, nullptr));
    best = std::min(best, std::chrono::nanoseconds(std::chrono::steady_clock::now() - start));
  }
  RecordProperty("nanoseconds_per_guard", static_cast<int>(best.count() / 10000));
  EXPECT_LT(best.count() / 10000, 500);
}

using MemoryGuardDeathTest = testing::Test;

/// Ends the process with a fault outside any guarded section.
void read_cut_mapping_unguarded() {
  File file(2);
  Mapped mapped(file, 2 * page);
  file.cut(0);
  static_cast<void>(fm::guarded([] {}, nullptr));
  volatile char byte = mapped.bytes()[0];
  static_cast<void>(byte);
}

void exit_with_42(int, siginfo_t*, void*) { _exit(42); }

TEST(MemoryGuardDeathTest, FaultOutsideAGuardIsNotSwallowed) {
  auto with_default_action = [] {
    signal(SIGBUS, SIG_DFL);
    read_cut_mapping_unguarded();
  };
  EXPECT_EXIT(with_default_action(), testing::KilledBySignal(SIGBUS), "");
}

TEST(MemoryGuardDeathTest, TheHandlerOfBeforeGetsWhatIsNotGuarded) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";  // a process in which no guard is in place yet
  auto with_a_handler = [] {
    struct sigaction action = {};
    action.sa_sigaction = exit_with_42;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, nullptr);
    read_cut_mapping_unguarded();
  };
  EXPECT_EXIT(with_a_handler(), testing::ExitedWithCode(42), "");
}

TEST(MemoryGuardDeathTest, SignalSentInsideAGuardIsNotAFault) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  auto send_inside = [] {
    struct sigaction action = {};
    action.sa_sigaction = exit_with_42;
    action.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &action, nullptr);
    static_cast<void>(fm::guarded([] { raise(SIGBUS); }, nullptr));
  };
  EXPECT_EXIT(send_inside(), testing::ExitedWithCode(42), "");
}

TEST(MemoryGuardDeathTest, DefaultActionOfBeforeEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  auto without_a_handler = [] {
    signal(SIGBUS, SIG_DFL);  // also takes a sanitizer's handler away
    read_cut_mapping_unguarded();
  };
  EXPECT_EXIT(without_a_handler(), testing::KilledBySignal(SIGBUS), "");
  auto ignored_but_sent = [] {
    signal(SIGBUS, SIG_IGN);
    fm::install_guard();
    raise(SIGBUS);
    _exit(43);
  };
  EXPECT_EXIT(ignored_but_sent(), testing::ExitedWithCode(43), "");
}

}  // namespace

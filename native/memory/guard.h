// guard.h - reads of mapped files that survive a file becoming shorter.
//
// A read behind the end of a mapped file, or one that the device cannot serve, raises SIGBUS. Inside
// fm::guarded the signal handler jumps back out of the body and the fault becomes a status; any other
// SIGBUS goes to the handler that was there before (the .NET runtime's, or the default).
//
//   fm_status status = fm::guarded([&] { decode(mapped, tile); return FM_OK; }, error);
//
// The body may be left at any read, so it must not own anything: no destructors that matter, no locks,
// no allocation, no exceptions. What it writes outside itself stays as it was at the fault. Guards nest;
// the innermost one of the thread takes the fault. Without a fault a guard costs a sigsetjmp that saves
// no signal mask (a few nanoseconds, no system call).
#ifndef FASTMERGE_MEMORY_GUARD_H
#define FASTMERGE_MEMORY_GUARD_H
#include <csetjmp>
#include <type_traits>

#include "fastmerge.h"

namespace fm {

/// One active guarded section of a thread.
struct GuardFrame {
  GuardFrame* outer;
  void* volatile fault_address;
  sigjmp_buf state;
};

/// The innermost section of this thread; initial-exec, so that the signal handler may read it anywhere.
extern thread_local GuardFrame* guard_innermost __attribute__((tls_model("initial-exec")));

/// Links a frame for the time of a scope and puts the handler in place at the first use in the process.
class GuardScope {
 public:
  explicit GuardScope(GuardFrame& frame);
  ~GuardScope() { guard_innermost = _frame.outer; }
  GuardScope(const GuardScope&) = delete;
  GuardScope& operator=(const GuardScope&) = delete;

 private:
  GuardFrame& _frame;
};

/// FM_INPUT_SHRANK if the file mapped at the address is now shorter than its mapping, else FM_INPUT_IO.
fm_status classify_fault(const void* address, fm_error* error);

/// Runs body, which returns fm_status or nothing; a fault inside gives FM_INPUT_SHRANK or FM_INPUT_IO.
template <class F>
fm_status guarded(F&& body, fm_error* error) {
  GuardFrame frame;
  GuardScope scope(frame);
  if (sigsetjmp(frame.state, 0) != 0) return classify_fault(frame.fault_address, error);
  if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
    body();
    return FM_OK;
  } else {
    return body();
  }
}

/// Whether the handler is in place; guarded() sees to it, fm_map_file does so early.
void install_guard();

}  // namespace fm
#endif

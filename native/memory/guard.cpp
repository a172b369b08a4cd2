#include "memory/guard.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>

#include "cpu/errors.h"
#include "memory/mapping.h"

namespace fm {

thread_local GuardFrame* guard_innermost __attribute__((tls_model("initial-exec"))) = nullptr;

namespace {

std::atomic<bool> installed{false};
pthread_once_t install_once = PTHREAD_ONCE_INIT;
struct sigaction previous;

/// Lets the handler that was there before decide, under the signal mask it asked for.
void pass_on(int signal, siginfo_t* info, void* context) {
  bool has_siginfo = (previous.sa_flags & SA_SIGINFO) != 0;
  bool from_kernel = info->si_code > 0;
  if (!has_siginfo && previous.sa_handler == SIG_IGN && !from_kernel) return;
  if (!has_siginfo && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN)) {
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(signal, &standard, nullptr);
    if (!from_kernel) raise(signal);
    return;  // the faulting instruction runs again and ends the process
  }
  sigset_t blocked = previous.sa_mask, before;
  if ((previous.sa_flags & SA_NODEFER) == 0) sigaddset(&blocked, signal);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  if (has_siginfo) {
    previous.sa_sigaction(signal, info, context);
  } else {
    previous.sa_handler(signal);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

/// A page that cannot be had; not a misaligned access and not a signal that someone sent.
bool is_page_fault(const siginfo_t* info) {
  return info->si_code == BUS_ADRERR || info->si_code == BUS_OBJERR || info->si_code == BUS_MCEERR_AR;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  GuardFrame* frame = guard_innermost;
  if (frame != nullptr && is_page_fault(info)) {
    frame->fault_address = info->si_addr;
    siglongjmp(frame->state, 1);
  }
  pass_on(signal, info, context);
}

void install() {
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  // The old handler is known before ours can run.
  sigaction(SIGBUS, nullptr, &previous);
  sigaction(SIGBUS, &action, nullptr);
  installed.store(true, std::memory_order_release);
}

}  // namespace

void install_guard() {
  if (!installed.load(std::memory_order_acquire)) pthread_once(&install_once, install);
}

GuardScope::GuardScope(GuardFrame& frame) : _frame(frame) {
  install_guard();
  frame.outer = guard_innermost;
  frame.fault_address = nullptr;
  guard_innermost = &frame;
}

fm_status classify_fault(const void* address, fm_error* error) {
  MappingState state = find_mapping(address);
  if (!state.known) {
    return fail(error, FM_INPUT_IO, "mapped memory at %p could not be read", address);
  }
  long long offset = state.offset, mapped = state.mapped_size, size = state.current_size;
  if (size >= 0 && size < mapped) {
    return fail(
        error, FM_INPUT_SHRANK,
        "a mapped input became shorter while it was read: %lld bytes are left of %lld (read at offset %lld)",
        size, mapped, offset);
  }
  if (size >= 0 && state.modified) {
    return fail(error, FM_INPUT_SHRANK,
                "a mapped input was cut and written again while it was read (read at offset %lld of %lld)",
                offset, mapped);
  }
  return fail(error, FM_INPUT_IO, "a mapped input could not be read at offset %lld of %lld (I/O error)",
              offset, mapped);
}

}  // namespace fm

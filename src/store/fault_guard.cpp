#include "store/fault_guard.hpp"

#include <csetjmp>
#include <csignal>
#include <mutex>

namespace cachearr::store {
namespace {

// SA_NODEFER leaves the signal mask as it was, so saving it would only cost a system call; but ThreadSanitizer handles
// signals with all of them blocked, and a second fault on the same thread would end the process.
#ifdef __SANITIZE_THREAD__
constexpr int kSaveMask = 1;
#else
constexpr int kSaveMask = 0;
#endif

thread_local sigjmp_buf* way_out = nullptr;
struct sigaction before_bus;
struct sigaction before_segv;

void pass_on(const struct sigaction& before, int signal, siginfo_t* info, void* context) {
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    // The faulting instruction runs again and ends the process as if there had been no handler.
    std::signal(signal, SIG_DFL);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  leave_guarded();
  pass_on(signal == SIGBUS ? before_bus : before_segv, signal, info, context);
}

void handle(int signal, struct sigaction& before) {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, &before);
}

}  // namespace

void install_fault_guard() {
  static std::once_flag once;
  std::call_once(once, [] {
    handle(SIGBUS, before_bus);
    handle(SIGSEGV, before_segv);
    // A limit for the size of files is a full disk, not the end of the process.
    std::signal(SIGXFSZ, SIG_IGN);
  });
}

void leave_guarded() noexcept {
  if (way_out != nullptr) siglongjmp(*way_out, 1);
}

bool run_guarded(void (*act)(void*), void* context) {
  sigjmp_buf here;
  sigjmp_buf* const outer = way_out;
  if (sigsetjmp(here, kSaveMask) != 0) {
    way_out = outer;
    return false;
  }
  way_out = &here;
  try {
    act(context);
  } catch (...) {
    way_out = outer;
    throw;
  }
  way_out = outer;
  return true;
}

}  // namespace cachearr::store

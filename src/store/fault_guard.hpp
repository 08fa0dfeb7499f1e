// Survives what a damaged store does to a process: LMDB reads its file through a memory map, so a truncated file is a
// SIGBUS, a page of garbage may be a SIGSEGV or an abort() of LMDB's own assertions. Thread-safe; the handlers are
// installed once.
#pragma once

#include <utility>

namespace cachearr::store {

/// Makes the handlers for SIGBUS and SIGSEGV, and ignores SIGXFSZ. Faults outside guarded() go to whoever handled them
/// before.
void install_fault_guard();
/// For mdb_env_set_assert: leaves guarded() of this thread, if it is inside.
void leave_guarded() noexcept;
/// Runs `act(context)`; false where it ran into damage. Then it was left in the middle: objects it had made are leaked
/// and the environment it used must not be touched again.
bool run_guarded(void (*act)(void*), void* context);

template <class F>
bool guarded(F&& act) {
  return run_guarded([](void* context) { (*static_cast<std::remove_reference_t<F>*>(context))(); }, &act);
}

}  // namespace cachearr::store

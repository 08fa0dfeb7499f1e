// How malloc keeps what the store frees. Entries of all sizes are made on one thread and freed on another; left to
// itself, glibc keeps so many of their gaps that the process grows to several times the budget.
#pragma once

namespace cachearr::store {

/// Large blocks go back to the kernel when they are freed, and few arenas share the rest. Process-wide, once; any
/// thread.
void bound_allocator();

}  // namespace cachearr::store

#include "store/allocator.hpp"

#include <algorithm>
#include <malloc.h>
#include <mutex>
#include <thread>

namespace cachearr::store {
namespace {

// Naming it also keeps glibc from raising it with each large block that is freed.
constexpr int kMapped = 128 * 1024;

}  // namespace

void bound_allocator() {
  static std::once_flag once;
  std::call_once(once, [] {
    mallopt(M_MMAP_THRESHOLD, kMapped);
    mallopt(M_TRIM_THRESHOLD, kMapped);
    mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
  });
}

}  // namespace cachearr::store

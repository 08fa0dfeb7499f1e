// One counter. Relaxed, so that counting costs two moves.
#pragma once

#include <atomic>
#include <cstdint>

namespace cachearr::metrics {

/// A counter that one thread writes and any thread reads.
class Cell {
 public:
  void add(std::uint64_t by = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t by = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
  }
  std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace cachearr::metrics

// Whether what the store's file has is in the kernel's memory, so that a read does not wait for the device.
// Thread-safe; shared by the disk tier's threads.
//
// A period lasts until a read is seen to have waited for the device. What was read in this period is likely to be in
// memory still, but not surely: not each wait is seen. While the whole file is, what was read in the period is taken to
// be the same bytes, and its checksum, which was compared then, is not compared again.
#pragma once

#include <atomic>
#include <cstdint>

namespace cachearr::store {

class Residency {
 public:
  /// All of the file, as the last sample tells.
  bool is_whole() const noexcept { return whole_.load(std::memory_order_relaxed); }
  /// Never 0. Taken before a read that is said to have been in it.
  std::uint16_t period() const noexcept { return period_.load(std::memory_order_relaxed); }

  /// What was read in that period, and compared then, need not be compared again.
  bool is_proven(std::uint16_t read_in) const noexcept { return is_whole() && read_in == period(); }

  void note_sample(bool whole) noexcept {
    if (whole_.exchange(whole, std::memory_order_relaxed) && !whole) end_period();
  }
  /// A read has waited: pages have left memory, nobody knows which.
  void note_wait() noexcept {
    whole_.store(false, std::memory_order_relaxed);
    end_period();
  }

 private:
  void end_period() noexcept {
    if (period_.fetch_add(1, std::memory_order_relaxed) == UINT16_MAX) period_.fetch_add(1, std::memory_order_relaxed);
  }

  std::atomic<bool> whole_{false};
  std::atomic<std::uint16_t> period_{1};
};

}  // namespace cachearr::store

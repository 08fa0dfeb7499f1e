// Brings whole pages of the mapped file into the processor's caches while a scan works on their first records: one
// after the other, each record waits for the machine's memory. Pure but for that; one thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cachearr::store {

class PagePrefetch {
 public:
  /// `page_size` in bytes, a power of two.
  explicit PagePrefetch(std::uint64_t page_size) noexcept : page_size_{page_size} {}

  /// `in_page` is where the scan has come to. Touches nothing: a page that is not resident stays so.
  void see(const void* in_page) noexcept {
    const auto page = reinterpret_cast<std::uintptr_t>(in_page) & ~std::uintptr_t{page_size_ - 1};
    if (page == page_) return;
    page_ = page;
    const auto* const bytes = reinterpret_cast<const char*>(page);
    for (std::size_t at = 0; at < page_size_; at += kLine) __builtin_prefetch(bytes + at);
  }

 private:
  static constexpr std::size_t kLine = 64;
  const std::uint64_t page_size_;
  std::uintptr_t page_ = 0;
};

}  // namespace cachearr::store

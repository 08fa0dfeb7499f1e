// Which rules of one rule set have their TTL shortened by the optimizer for now. Looked at when an answer is stored,
// and never by a hit. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace cachearr::pipeline {

class ShortenedTtls {
 public:
  explicit ShortenedTtls(std::size_t rules) : rules_{std::make_unique<std::atomic<bool>[]>(rules)} {}
  /// `rule`: Rule::index of the rule set that this was made for.
  bool has(std::uint32_t rule) const noexcept { return rules_[rule].load(std::memory_order_relaxed); }
  void set(std::uint32_t rule, bool shortened) noexcept { rules_[rule].store(shortened, std::memory_order_relaxed); }

 private:
  std::unique_ptr<std::atomic<bool>[]> rules_;
};

}  // namespace cachearr::pipeline

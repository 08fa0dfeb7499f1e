// The last requests of one worker, in memory that is taken once: a ring of facts, and a ring of bytes for their texts,
// in which newer requests overwrite the oldest. Nothing is allocated to append one.
//
// Part of a RequestJournal, which guards it; the journal's worker writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "client/recorded_request.hpp"

namespace cachearr::client {

class RequestRing {
 public:
  /// REQUIRES: `bytes` holds the longest texts of one request.
  RequestRing(std::size_t entries, std::size_t bytes);

  void append(const RequestNote& note);

  // Requests are numbered from 0 in the order in which they came; those from first() on, up to end(), are still there.
  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t end() const noexcept { return end_; }
  /// REQUIRES: the number is of one that is still there.
  const RequestFacts& facts(std::uint64_t number) const noexcept { return slot(number).facts; }
  RecordedRequest copy(std::uint64_t number) const;

 private:
  struct Slot {
    RequestFacts facts;
    ShownTexts::Sizes sizes{};
    std::uint32_t from = 0, size = 0;  // of its texts in bytes_
  };
  const Slot& slot(std::uint64_t number) const noexcept { return slots_[number & mask_]; }
  std::size_t make_room(std::size_t size) noexcept;

  const std::size_t most_;
  const std::uint64_t mask_;
  std::unique_ptr<Slot[]> slots_;  // as many as a power of two
  const std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::size_t next_ = 0;  // where the next texts go
  std::uint64_t first_ = 0, end_ = 0;
};

}  // namespace cachearr::client

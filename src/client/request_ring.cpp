#include "client/request_ring.hpp"

#include <bit>
#include <cstring>
#include <utility>

namespace cachearr::client {

RequestRing::RequestRing(std::size_t entries, std::size_t bytes)
    : most_{entries},
      mask_{std::bit_ceil(entries) - 1},
      slots_{std::make_unique<Slot[]>(mask_ + 1)},
      capacity_{bytes},
      bytes_{new char[bytes]} {}

/// Where `size` bytes may be written: the oldest requests whose texts lie there are gone.
inline std::size_t RequestRing::make_room(std::size_t size) noexcept {
  if (end_ - first_ == most_) ++first_;
  if (next_ + size > capacity_) {
    // At the end of the memory, what still lies behind `next_` is older than what lies at its beginning.
    for (; first_ != end_ && slot(first_).from >= next_; ++first_) {}
    next_ = 0;
  }
  const auto lies_there = [&](const Slot& oldest) { return oldest.from - next_ < size; };
  while (first_ != end_ && lies_there(slot(first_))) ++first_;
  return std::exchange(next_, next_ + size);
}

void RequestRing::append(const RequestNote& note) {
  const auto& shared = note.texts.bytes();
  const auto detail = beginning_of(note.detail, ShownTexts::kLongest[ShownTexts::detail]);
  const auto error = beginning_of(note.error, ShownTexts::kLongest[ShownTexts::error]);
  const auto sent = beginning_of(note.sent, ShownTexts::kLongest[ShownTexts::sent]);
  const auto size = shared.size() + detail.size() + error.size() + sent.size();
  const auto from = make_room(size + 1);  // each lies somewhere, also one without any text
  auto* const to = bytes_.get() + from;
  shared.copy(to, shared.size());
  if (!detail.empty()) detail.copy(to + shared.size(), detail.size());
  if (!error.empty()) error.copy(to + shared.size() + detail.size(), error.size());
  if (!sent.empty()) sent.copy(to + shared.size() + detail.size() + error.size(), sent.size());
  auto& slot = slots_[end_++ & mask_];
  slot.facts = note.facts;
  slot.sizes = note.texts.sizes();
  slot.sizes[ShownTexts::detail] = static_cast<std::uint16_t>(detail.size());
  slot.sizes[ShownTexts::error] = static_cast<std::uint16_t>(error.size());
  slot.sizes[ShownTexts::sent] = static_cast<std::uint16_t>(sent.size());
  slot.from = static_cast<std::uint32_t>(from);
  slot.size = static_cast<std::uint32_t>(size);
}

RecordedRequest RequestRing::copy(std::uint64_t number) const {
  const auto& from = slot(number);
  return {from.facts, ShownTexts{from.sizes, std::string(bytes_.get() + from.from, from.size)}};
}

}  // namespace cachearr::client

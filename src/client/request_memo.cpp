#include "client/request_memo.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "base/hash.hpp"

namespace cachearr::client {

namespace {

/// The head that stands whole at the beginning of `input`, with the empty line that ends it; empty where there is none.
std::string_view whole_head(std::string_view input) noexcept {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const auto end = input.substr(0, RequestMemo::kLongestHead).find(end_of_head);
  return end == std::string_view::npos ? std::string_view{} : input.substr(0, end + end_of_head.size());
}

}  // namespace

RequestMemo::Slot* RequestMemo::Set::find(std::uint64_t hash) noexcept {
  for (auto& slot : slots) {
    if (slot.hash == hash && slot.memoized) return &slot;
  }
  return nullptr;
}

RequestMemo::Slot& RequestMemo::Set::least_used() noexcept {
  return *std::min_element(slots.begin(), slots.end(), [](const Slot& a, const Slot& b) { return a.uses < b.uses; });
}

RequestMemo::RequestMemo(std::size_t workers)
    : sets_(std::bit_floor(std::max(kMostOfAll / workers, kLeastOfEach) / kSlots)) {}
RequestMemo::~RequestMemo() = default;

MemoizedRequest* RequestMemo::find(std::string_view input, const pipeline::ConnectionInfo& connection,
                                   const pipeline::SnapshotPtr& snapshot) noexcept {
  asked_ = 0;
  const auto head = whole_head(input);
  if (head.empty()) return nullptr;
  asked_ = hash128(head).low;
  auto* const slot = set().find(asked_);
  if (!slot || slot->memoized->context.request.bytes() != head) return nullptr;
  auto* const there = slot->memoized.get();
  const bool same_way = there->listener == connection.listener && there->tunnel == connection.tunnel;
  if (!same_way || there->context.snapshot != snapshot) return nullptr;
  if (slot->uses < std::numeric_limits<std::uint8_t>::max()) ++slot->uses;
  return there;
}

bool RequestMemo::is_repeated() noexcept {
  if (asked_ == 0) return false;
  return std::exchange(set().newcomer, asked_) == asked_;
}

void RequestMemo::keep(std::unique_ptr<MemoizedRequest> memoized) {
  auto* const same = set().find(asked_);
  auto& slot = same ? *same : set().least_used();
  if (slot.memoized && !same) {
    for (auto& each : set().slots) each.uses /= 2;
  }
  slot = {asked_, 1, std::move(memoized)};
}

void RequestMemo::clear() noexcept {
  for (auto& set : sets_) set = Set{};
}

}  // namespace cachearr::client

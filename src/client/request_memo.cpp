#include "client/request_memo.hpp"

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

RequestMemo::RequestMemo() : slots_{std::make_unique<std::array<Slot, kSlots>>()} {}
RequestMemo::~RequestMemo() = default;

MemoizedRequest* RequestMemo::find(std::string_view input, const pipeline::ConnectionInfo& connection,
                                   const pipeline::SnapshotPtr& snapshot) noexcept {
  asked_ = 0;
  const auto head = whole_head(input);
  if (head.empty()) return nullptr;
  asked_ = hash128(head).low;
  auto* const there = slot().memoized.get();
  if (!there || slot().hash != asked_ || there->context.request.bytes() != head) return nullptr;
  const bool same_way = there->listener == connection.listener && there->tunnel == connection.tunnel;
  return same_way && there->context.snapshot == snapshot ? there : nullptr;
}

bool RequestMemo::is_repeated() noexcept {
  if (asked_ == 0) return false;
  return std::exchange(slot().newcomer, asked_) == asked_;
}

void RequestMemo::keep(std::unique_ptr<MemoizedRequest> memoized) {
  auto& there = slot();
  there.hash = asked_;
  there.memoized = std::move(memoized);
}

void RequestMemo::clear() noexcept {
  for (auto& slot : *slots_) slot = Slot{};
}

}  // namespace cachearr::client

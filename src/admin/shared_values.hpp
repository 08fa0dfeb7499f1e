// What the calls on keys have to do with other instances: values by hand are found and replaced wherever they were put,
// and what a call changes of an answer is changed for all. On the pool's threads.
#pragma once

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "admin/instance.hpp"
#include "store/entry.hpp"

namespace cachearr::admin {

inline constexpr std::uint64_t kMostBytesAtOnce = 64ULL * 1024 * 1024;

/// Asks the shared tier for values by hand under these keys, some at once, and waits as long as it lets look-ups last.
/// Stops where there are more than so many bytes. True: the store has got some of them.
bool fetch_shared_values(Instance& instance, std::span<const std::string> keys, const std::stop_token& stop,
                         std::uint64_t most_bytes = kMostBytesAtOnce);
/// Where another instance has fetched one of these answers later, the store has that from now on.
void fetch_newer_answers(Instance& instance, std::span<const store::EntryPtr> entries, const std::stop_token& stop);

/// Tells all that `stored` is what there is under the key from now on: "sent" or "queued"; "off" where it means nothing
/// to others, or is too large for them: then they have nothing under the key any more.
std::string_view share_values(Instance& instance, std::string_view key, std::vector<store::EntryPtr> stored);

/// Null: nobody was to be told.
std::string_view told_others(const shared::Tier* tier) noexcept;

}  // namespace cachearr::admin

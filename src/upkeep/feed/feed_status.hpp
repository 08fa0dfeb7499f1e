// How the feed of one upstream is: for the API, metrics and health. Plain values, and how long a broken feed waits.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr::upkeep {

enum class FeedPhase : std::uint8_t {
  off,         // nothing is sent to the upstream for now
  connecting,  // for the first time
  connected,   // by WebSocket
  polling,     // connected by long polling
  down         // it has broken, or could not be made
};
std::string_view name_of(FeedPhase phase) noexcept;
constexpr bool is_up(FeedPhase phase) noexcept { return phase == FeedPhase::connected || phase == FeedPhase::polling; }

struct FeedStatus {
  std::string upstream;
  FeedPhase phase = FeedPhase::connecting;
  TimePoint since{};  // it is up, or it is not
  std::uint64_t messages = 0, invalidations = 0;
  std::map<std::string, std::uint64_t> by_event;  // those that rules name; "other" for the rest
  std::string last_error;                         // a sentence; empty: none so far
  bool unreadable_key = false;                    // of the last try
};

/// Before the next try, after so many that failed in a row. `jitter`: 0 to 1; up to a fifth is added by it.
Duration pause_before_try(unsigned failures, double jitter) noexcept;

}  // namespace cachearr::upkeep

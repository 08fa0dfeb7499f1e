#include "upkeep/feed/feed_status.hpp"

#include <algorithm>
#include <array>

namespace cachearr::upkeep {

std::string_view name_of(FeedPhase phase) noexcept {
  switch (phase) {
    case FeedPhase::off: return "off";
    case FeedPhase::connecting: return "connecting";
    case FeedPhase::connected: return "connected";
    case FeedPhase::polling: return "polling";
    case FeedPhase::down: break;
  }
  return "down";
}

Duration pause_before_try(unsigned failures, double jitter) noexcept {
  constexpr std::array<Duration::rep, 5> pauses{0, 2'000, 10'000, 30'000, 60'000};
  const auto pause = pauses[std::min<std::size_t>(failures, pauses.size() - 1)];
  return Duration{pause + static_cast<Duration::rep>(static_cast<double>(pause) * std::clamp(jitter, 0.0, 1.0) / 5)};
}

}  // namespace cachearr::upkeep

// What is sent to the scripts of the shared limits, and what they answer. Pure values: no link, no clock.
//
// A lane is one upstream with one credential. What the scripts do stands at their tops, in scripts/.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/quota.hpp"
#include "limit/rate_config.hpp"
#include "limit/snapshot.hpp"
#include "shared/names.hpp"
#include "shared/resp.hpp"

namespace cachearr::shared {

using Words = std::vector<std::string>;

/// What all members together may do.
struct LaneLimits {
  std::uint64_t nano_tokens = 0;  // a second; 0: no bucket
  std::uint32_t burst = 0;
  std::vector<limit::QuotaConfig> quotas;
  /// Its members tell each other of pauses alone.
  bool is_none() const noexcept { return nano_tokens == 0 && quotas.empty(); }
  friend bool operator==(const LaneLimits&, const LaneLimits&) = default;
};
LaneLimits lane_limits(const limit::RateConfig& config);

/// `one_server`: all keys live on one server, so that its epoch tells whether a lane that is not there was ever there.
Words lane_keys(const Names& names, std::string_view lane, const std::vector<limit::QuotaConfig>& quotas,
                bool one_server);

/// Who calls, and what it knows.
struct LaneHead {
  std::string member;
  std::string server;  // run id
  std::string merged;  // id of the lane that this member's own requests are part of; empty: none
};

struct Draw {
  enum class What : std::uint8_t { draw, beat, leave } what = What::draw;
  bool clean = false;  // there is nothing to merge
  std::uint64_t call = 0, confirmed = 0;
  std::optional<TimePoint> void_after;  // by the server's clock
  Duration grace{};
  std::size_t members = 1;  // known otherwise
  std::string missing;      // of these, by comma
  limit::Priority priority = limit::Priority::interactive;
  bool grab = false;
  bool alone = false;  // there will never be another member
};
Words draw_words(const LaneHead& head, const LaneLimits& limits, const Draw& draw);

enum class Verdict : std::uint8_t { go, wait, merge, late };

/// What a lane knows of a pause; it is over where it has ended before the answer was given.
struct PauseEnd {
  TimePoint until{};  // by the server's clock; 0: nothing is known of any
  bool told = false;  // by the upstream, not guessed
};

struct DrawAnswer {
  Verdict verdict = Verdict::wait;
  Duration wait{};
  limit::Why why = limit::Why::nothing;
  TimePoint at{};  // by the server's clock
  std::string lane;
  std::size_t members = 1;
  std::array<PauseEnd, 2> pauses{};  // of calls, of downloads
  std::uint64_t tokens = 0;
  /// Nano-tokens a second, burst, and for each quota a part of what is left and one of the limit. Empty: none is made.
  std::vector<std::uint64_t> offers;
  std::vector<std::uint64_t> left;  // of each quota
};
/// None: no such answer.
std::optional<DrawAnswer> read_draw(const Reply& reply, std::size_t quotas);

/// How many draws may be on their way after this answer: where there is little left, all others would be in vain.
std::size_t worth_drawing(const DrawAnswer& answer, const LaneLimits& limits) noexcept;

/// `ahead`: of the server's clock to that of the runs.
Words seed_words(const LaneHead& head, const std::vector<std::vector<limit::QuotaRun>>& runs, Duration ahead);
/// The id of the lane that has been merged into; none: it failed.
std::optional<std::string> read_seed(const Reply& reply);

struct Pause {
  bool grabs = false;
  std::optional<TimePoint> until;  // by the server's clock; none: it is over
  bool told = false;               // by the upstream, not guessed
  /// Set: it is told once more, since the lane seems to have lost it, and was known from then on. What has ended there
  /// since stays so.
  std::optional<TimePoint> again{};
};
Words pause_words(const LaneHead& head, std::size_t quotas, const Pause& pause);

}  // namespace cachearr::shared

// One instance as a member of one lane: when it draws, when it waits, and what it may do alone. A plain value: one
// owner; time is passed in, by the server's clock as this instance knows it.
//
//   standing    means                                                      goes on
//   joining     calls; what it has sent elsewhere is merged first          connected | cut off
//   connected   each request draws                                         joining (its lane is gone) | cut off
//   cut off     no answer came: nothing goes until the others know that    away | joining
//   away        goes by its share                                          joining
//
// Each call says until when it is valid, and how long this member stays still without an answer. The server counts it
// as missing from then on, and keeps its share for it; so both always mean the same share, whichever answer was lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/share.hpp"
#include "shared/draw.hpp"

namespace cachearr::shared {

enum class Standing : std::uint8_t { joining, connected, cut_off, away };
std::string_view to_words(Standing standing) noexcept;

/// How often a lane of so many members is told that one is there; so the work of a lane is bounded.
constexpr Duration beat_every(std::size_t members) noexcept {
  return std::max(Duration{1'000}, Duration{10} * static_cast<std::int64_t>(members));
}
constexpr Duration grace_of(std::size_t members) noexcept { return 3 * beat_every(members); }

/// For so long at least a part is held for a member that is missing; of a quota for its window, as scripts/draw.lua has
/// it.
constexpr Duration kLent = std::chrono::minutes{15};
Duration lent_for(const LaneLimits& limits) noexcept;

class LaneMember {
 public:
  Standing standing() const noexcept { return standing_; }
  bool may_call() const noexcept { return standing_ == Standing::joining || standing_ == Standing::connected; }
  const std::string& merged() const noexcept { return merged_; }
  std::size_t members() const noexcept { return members_; }
  Duration beat() const noexcept { return beat_every(members_); }

  struct Call {
    std::uint64_t number = 0, confirmed = 0;
    Duration grace{};
  };
  /// `void_after`: the server does nothing for it later than that. REQUIRES: may_call().
  Call begin_call(TimePoint void_after, std::size_t known_members);
  /// An answer to this call, in time or not.
  void answered(std::uint64_t number, const DrawAnswer& answer);
  /// What it has sent is part of this lane now.
  void has_merged(std::string lane) { merged_ = std::move(lane); }

  /// No answer, or no link.
  void cut_off() noexcept;
  /// True where it is away from now on.
  bool tick(TimePoint now) noexcept;
  /// From when it is away; meaningful while it is cut off.
  TimePoint away_at() const noexcept { return away_at_; }
  /// It was away by itself, and now nobody hears of it any more: it stands still once more until they know.
  void stand_still(TimePoint until) noexcept;
  /// There is a link again.
  void rejoin() noexcept;

  /// What is known to who has never been offered anything.
  struct Otherwise {
    std::size_t members = 1;
    std::vector<std::uint64_t> used;  // of each quota, by this instance
  };
  /// What was offered last is still held for it.
  bool has_offers(const LaneLimits& limits) const noexcept { return offers_.size() == 2 + 2 * limits.quotas.size(); }
  /// What it may do while it is away.
  limit::ShareConfig share(const LaneLimits& limits, const Otherwise& otherwise) const;

 private:
  Standing standing_ = Standing::joining;
  std::string merged_;
  std::uint64_t calls_ = 0;
  std::uint64_t confirmed_ = 0;
  std::vector<std::uint64_t> offers_;  // of the call that is confirmed
  bool was_let_go_ = false;            // what it was offered before may belong to others by now
  std::size_t members_ = 1;
  TimePoint away_at_{};
};

/// An equal part of everything, rounded down.
limit::ShareConfig equal_share(const LaneLimits& limits, const LaneMember::Otherwise& otherwise);

}  // namespace cachearr::shared

// Pauses that an upstream has asked one instance for: all keep them, also without a server, and all end them together.
//
// The lane tells of its pauses with each answer. One that was told is entered here as if it had been told to this
// instance; one that has ended there before its time was ended by an operator; and one that the lane knows nothing of
// was lost there, and is told again. A guess is entered by nobody else: while the lane has it, it holds their draws.
// Where nothing is drawn, since there is no limit, a guess is entered, too.
#include <algorithm>
#include <utility>

#include "shared/budget.hpp"
#include "shared/budget_lane.hpp"

namespace cachearr::shared {

namespace {

constexpr std::array<bool, 2> kCallsAndGrabs{false, true};

}  // namespace

void Budget::pause(const limit::KeyLimiterPtr& limiter, const limit::LaneName& name, bool grabs, TimePoint until,
                   bool told) {
  tier_.post([this, limiter, name, grabs, until, told] {
    const auto lane = lane_of(limiter, name);
    const auto server = server_now(*lane);
    auto& known = lane->pauses[grabs ? 1 : 0];
    known = {{}, {}, told, {}};
    if (!server) return;  // the lane knows of none, and so it is told with the first answer
    const Pause what{grabs, *server + (until - clock_.now()), told, {}};
    known.since = *server;
    known.until = *what.until;
    lane->forgives = false;
    if (up_) tell_pause(*lane, grabs, what);
  });
}

void Budget::forgive(const std::string& upstream) {
  tier_.post([this, upstream] {
    for (const auto& [limiter, lane] : lanes_) {
      if (lane->name.upstream != upstream) continue;
      const bool is_heard = up_ && lane->member.may_call();
      lane->forgives = !is_heard;
      if (is_heard) end_pauses(*lane);
    }
  });
}

void Budget::tell_pause(Lane& lane, bool grabs, const Pause& pause) {
  auto what = pause;
  what.grabs = grabs;
  const auto heard = [this, limiter = lane.limiter.get(), id = lane.member.merged(), what](const Reply* reply) {
    const auto found = lanes_.find(limiter);
    if (!reply || reply->is_error() || found == lanes_.end()) return;
    auto& known = found->second->pauses[what.grabs ? 1 : 0];
    if (what.until && known.until == *what.until) known.lane = id;
  };
  run(pause_, lane, pause_words(head_of(lane), lane.limits.quotas.size(), what), heard);
}

void Budget::end_pauses(Lane& lane) {
  for (const bool grabs : kCallsAndGrabs) tell_pause(lane, grabs, {});
}

void Budget::take_pauses(Lane& lane, const DrawAnswer& answer) {
  if (std::exchange(lane.forgives, false)) return end_pauses(lane);
  const bool ended = std::any_of(kCallsAndGrabs.begin(), kCallsAndGrabs.end(),
                                 [&](bool grabs) { return was_ended(lane, answer, grabs); });
  if (ended) {
    lane.pauses = {};
    apply_(lane.limiter->end_pauses(clock_.now()));
  }
  for (const bool grabs : kCallsAndGrabs) take_pause(lane, answer, grabs);
}

/// Before its time, since this instance has known of it.
bool Budget::was_ended(const Lane& lane, const DrawAnswer& answer, bool grabs) const {
  const auto& known = lane.pauses[grabs ? 1 : 0];
  const auto until = answer.pauses[grabs ? 1 : 0].until;
  if (known.since == TimePoint{} || until == TimePoint{} || !lane.limiter->cooldown_until(clock_.now(), grabs))
    return false;
  if (until >= known.until) return false;
  return until <= answer.at ? until >= known.since : known.told && known.lane == answer.lane;
}

void Budget::take_pause(Lane& lane, const DrawAnswer& answer, bool grabs) {
  auto& known = lane.pauses[grabs ? 1 : 0];
  const auto& there = answer.pauses[grabs ? 1 : 0];
  const auto here = lane.limiter->cooldown_until(clock_.now(), grabs);
  const bool is_untold = here && known.since != TimePoint{} && known.lane != answer.lane;
  if (there.until > answer.at) {
    if (is_untold && known.told && known.until > there.until) return tell_pause_again(lane, answer, grabs, *here);
    const bool holds = there.told || lane.limits.is_none();
    if (holds && there.until != known.until) enter_pause(lane, clock_.now() + (there.until - answer.at), grabs);
    const bool same = there.until == known.until && known.since != TimePoint{};
    known = {same ? known.since : answer.at, there.until, there.told, answer.lane};
    return;
  }
  const bool is_older = is_untold && there.until < known.since;
  if (here && (there.until == TimePoint{} || is_older)) tell_pause_again(lane, answer, grabs, *here);
}

/// It was told while the server was away, or the server has lost it.
void Budget::tell_pause_again(Lane& lane, const DrawAnswer& answer, bool grabs, TimePoint until) {
  auto& known = lane.pauses[grabs ? 1 : 0];
  const auto since = known.since == TimePoint{} ? answer.at : known.since;
  const Pause again{grabs, answer.at + (until - clock_.now()), known.told, known.since};
  known = {since, *again.until, again.told, known.lane};
  tell_pause(lane, grabs, again);
}

/// What no upstream would ask for is cut short, as it is where an upstream itself asks for it.
void Budget::enter_pause(Lane& lane, TimePoint until, bool grabs) {
  const auto now = clock_.now();
  content::LimitSignal signal;
  signal.limited = true;
  signal.until = until > now + content::kLongestPause ? now + content::kPauseInsteadOfAbsurd : until;
  signal.why = "told to another instance";
  apply_(lane.limiter->observe(now, signal, grabs));
}

}  // namespace cachearr::shared

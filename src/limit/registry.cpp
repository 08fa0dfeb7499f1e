#include "limit/registry.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace detail {

/// One upstream: what its credentials share, and the lock for all of it.
struct Group {
  explicit Group(std::string upstream) : name{std::move(upstream)} {}

  const std::string name;
  std::mutex mutex;  // guards all below, and the governors of the lanes
  RateConfig config;
  bool configured = false;
  Health health;
  bool saved = false;  // there is a state that a later one has to replace
  std::unordered_map<Hash128, LanePtr> lanes;

  // All REQUIRE that the lock is held.
  bool is_new(TimePoint now) const;
  void forget_resting_lanes(TimePoint now);
  const LanePtr& lane(const std::shared_ptr<Group>& self, const Hash128& credential, std::size_t most, TimePoint now);
};

}  // namespace detail

using detail::Group;
using Lock = std::lock_guard<std::mutex>;

namespace {

constexpr std::uint64_t kFormat = 1;
/// The lane of credentials for which there was no room; no hash of a credential is all ones but by a miracle.
constexpr Hash128 kCrowd{~std::uint64_t{0}, ~std::uint64_t{0}};
constexpr std::string_view kOthers = "(others)";

void append(Effects& to, Effects&& more) {
  std::move(more.wakes.begin(), more.wakes.end(), std::back_inserter(to.wakes));
  if (more.next) to.next = std::min(to.next.value_or(*more.next), *more.next);
  to.save_now = to.save_now || more.save_now;
}

}  // namespace

Lane::Lane(std::shared_ptr<Group> group, const Hash128& credential, TimePoint now)
    : group_{std::move(group)}, credential_{credential}, governor_{group_->config, group_->health, now} {}

void Group::forget_resting_lanes(TimePoint now) {
  std::erase_if(lanes, [&](const auto& entry) { return entry.second.use_count() == 1 && entry.second->at_rest(now); });
}

/// Nothing to remember: all that was spent is back, and nobody has refused or failed.
bool Group::is_new(TimePoint now) const {
  return health.breaker.state(now) == BreakerState::closed && health.breaker.failures_in_a_row() == 0 &&
         std::all_of(lanes.begin(), lanes.end(), [&](const auto& entry) { return entry.second->at_rest(now); });
}

const LanePtr& Group::lane(const std::shared_ptr<Group>& self, const Hash128& credential, std::size_t most,
                           TimePoint now) {
  const auto found = lanes.find(credential);
  if (found != lanes.end()) return found->second;
  if (lanes.size() >= most) forget_resting_lanes(now);
  const auto& holder = lanes.size() >= most ? kCrowd : credential;
  auto& slot = lanes[holder];
  if (!slot) slot = std::make_shared<Lane>(self, holder, now);
  return slot;
}

Effects Lane::take_effects(TimePoint now) {
  auto effects = governor_.effects(now);
  waited_for_ = governor_.anyone_waits();
  return effects;
}

bool Lane::try_take(TimePoint now, const Waiter& waiter, Effects& effects) {
  const Lock lock{group_->mutex};
  const bool taken = governor_.try_take(now, waiter);
  effects = take_effects(now);
  return taken;
}

Admission Lane::ask(TimePoint now, const Waiter& waiter, Effects& effects) {
  const Lock lock{group_->mutex};
  const auto admission = governor_.ask(now, waiter);
  effects = take_effects(now);
  return admission;
}

Effects Lane::cancel(TimePoint now, Ticket ticket) {
  const Lock lock{group_->mutex};
  governor_.cancel(now, ticket);
  return take_effects(now);
}

Effects Lane::done(TimePoint now, Ticket ticket, Outcome outcome, Duration took) {
  const Lock lock{group_->mutex};
  governor_.done(now, ticket, outcome, took);
  return take_effects(now);
}

Effects Lane::observe(TimePoint now, const content::LimitSignal& signal, bool grab) {
  const Lock lock{group_->mutex};
  governor_.observe(now, signal, grab);
  return take_effects(now);
}

Gate Lane::earliest(TimePoint now, Priority priority, bool grab) const {
  const Lock lock{group_->mutex};
  return governor_.earliest(now, priority, grab);
}

bool Lane::has_spare(TimePoint now) const {
  const Lock lock{group_->mutex};
  return governor_.has_spare(now);
}

std::optional<TimePoint> Lane::cooldown_until(TimePoint now, bool grab) const {
  const Lock lock{group_->mutex};
  return governor_.cooldown_until(now, grab);
}

Registry::Registry() : Registry{Bounds{}} {}
Registry::Registry(Bounds bounds) : bounds_{bounds} {}

/// Lanes and their group hold each other; here the ring is opened.
Registry::~Registry() {
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    each->lanes.clear();
  }
}

std::vector<std::shared_ptr<Group>> Registry::groups() const {
  const Lock lock{mutex_};
  std::vector<std::shared_ptr<Group>> all;
  all.reserve(groups_.size());
  for (const auto& [name, each] : groups_) all.push_back(each);
  return all;
}

std::shared_ptr<Group> Registry::group(std::string_view upstream, TimePoint now, bool bounded) {
  const Lock lock{mutex_};
  const auto found = groups_.find(upstream);
  if (found != groups_.end()) return found->second;
  if (bounded && groups_.size() >= bounds_.upstreams) forget_resting_groups(now);
  if (bounded && groups_.size() >= bounds_.upstreams) upstream = kOthers;
  auto& slot = groups_[std::string{upstream}];
  if (!slot) slot = std::make_shared<Group>(std::string{upstream});
  return slot;
}

/// REQUIRES: mutex_ is held. Nobody gets hold of a group but under mutex_, nor of a lane but through its group: where
/// nobody but this table refers to them, nobody will meanwhile.
void Registry::forget_resting_groups(TimePoint now) {
  for (auto at = groups_.begin(); at != groups_.end();) {
    const auto here = at++;
    const auto each = here->second;
    const Lock lock{each->mutex};
    each->forget_resting_lanes(now);
    const bool calm = each->health.breaker.state(now) == BreakerState::closed && each->lanes.empty();
    constexpr long kTableAndThis = 2;
    if (calm && !each->configured && each.use_count() == kTableAndThis) groups_.erase(here);
  }
}

void Registry::configure(std::string_view upstream, const RateConfig& config, TimePoint now) {
  const auto target = group(upstream, now, false);
  const Lock lock{target->mutex};
  target->config = config;
  target->configured = true;
  target->health.breaker.reconfigure(config.breaker);
  for (const auto& [credential, lane] : target->lanes) lane->governor_.reconfigure(now, config);
}

LanePtr Registry::lane(std::string_view upstream, const Hash128& credential, TimePoint now) {
  const auto of = group(upstream, now, true);
  const Lock lock{of->mutex};
  return of->lane(of, credential, bounds_.credentials, now);
}

Effects Registry::due(TimePoint now) {
  Effects all;
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    for (const auto& [credential, lane] : each->lanes) {
      if (lane->waited_for_) append(all, lane->take_effects(now));
    }
  }
  return all;
}

std::vector<UpstreamSnapshot> Registry::snapshot(TimePoint now) const {
  std::vector<UpstreamSnapshot> all;
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    const auto& breaker = each->health.breaker;
    auto& out = all.emplace_back();
    out.name = each->name;
    out.breaker = breaker.state(now);
    if (out.breaker == BreakerState::open) out.breaker_until = breaker.until();
    out.failures_in_a_row = breaker.failures_in_a_row();
    out.latency = each->health.latency.average();
    out.requests = each->health.latency.count();
    for (const auto& [credential, lane] : each->lanes) {
      out.lanes.push_back(lane->governor_.snapshot(now));
      out.lanes.back().credential = credential;
    }
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> Registry::take_changes(TimePoint now, bool clean) {
  std::vector<std::pair<std::string, std::string>> changes;
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    const bool touched = std::any_of(each->lanes.begin(), each->lanes.end(),
                                     [](const auto& entry) { return entry.second->governor_.touched(); });
    if (!touched && !(clean && !each->lanes.empty())) continue;
    if (!clean && !each->saved && each->is_new(now)) continue;
    each->saved = true;
    StateWriter writer;
    writer.number(kFormat);
    writer.time(now);
    each->health.breaker.save(writer);
    writer.number(each->lanes.size());
    for (const auto& [credential, lane] : each->lanes) {
      writer.number(credential.low);
      writer.number(credential.high);
      StateWriter state;
      lane->governor_.save(state, clean);
      writer.text(state.take());
    }
    changes.emplace_back(each->name, writer.take());
  }
  return changes;
}

bool Registry::restore(std::string_view upstream, std::string_view bytes, TimePoint now) {
  StateReader reader{bytes};
  if (reader.number() != kFormat) return false;
  const auto saved_at = reader.time();
  const auto shift = now < saved_at ? saved_at - now : Duration{};
  reader.set_shift(shift);
  Breaker breaker;
  breaker.load(reader);
  const auto count = reader.number();
  std::vector<std::pair<Hash128, std::string_view>> states;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    const auto low = reader.number();
    const auto high = reader.number();
    states.emplace_back(Hash128{low, high}, reader.text());
  }
  if (!reader.ok() || !reader.at_end()) return false;

  const auto target = group(upstream, now, true);
  const Lock lock{target->mutex};
  breaker.reconfigure(target->config.breaker);
  target->health.breaker = breaker;
  target->saved = true;
  for (const auto& [credential, state] : states) {
    StateReader each{state};
    each.set_shift(shift);
    target->lane(target, credential, bounds_.credentials, now)->governor_.load(each, now);
  }
  return true;
}

}  // namespace cachearr::limit

#include "limit/registry.hpp"

#include <algorithm>

#include "limit/group.hpp"

namespace cachearr::limit {
using detail::Group;
using Lock = std::lock_guard<std::mutex>;

namespace {

constexpr std::uint64_t kFormat = 1;
/// The limiter of credentials beyond the bound; no hash of a credential is all ones but by a miracle.
constexpr Hash128 kCrowd{~std::uint64_t{0}, ~std::uint64_t{0}};
constexpr std::string_view kOthers = "(others)";

void append(Effects& to, Effects&& more) {
  std::move(more.wakes.begin(), more.wakes.end(), std::back_inserter(to.wakes));
  if (more.next) to.next = std::min(to.next.value_or(*more.next), *more.next);
  to.save_now = to.save_now || more.save_now;
}

}  // namespace

void Group::forget_resting_limiters(TimePoint now) {
  std::erase_if(limiters,
                [&](const auto& entry) { return entry.second.use_count() == 1 && entry.second->at_rest(now); });
}

/// Nothing to remember: all that was spent is back, and nobody has refused or failed.
bool Group::is_new(TimePoint now) const {
  return health.breaker.state(now) == BreakerState::closed && health.breaker.failures_in_a_row() == 0 &&
         std::all_of(limiters.begin(), limiters.end(), [&](const auto& entry) { return entry.second->at_rest(now); });
}

const KeyLimiterPtr& Group::limiter(const std::shared_ptr<Group>& self, const Hash128& credential, std::size_t most,
                                    TimePoint now) {
  const auto found = limiters.find(credential);
  if (found != limiters.end()) return found->second;
  if (limiters.size() >= most) forget_resting_limiters(now);
  const auto& holder = limiters.size() >= most ? kCrowd : credential;
  auto& slot = limiters[holder];
  if (!slot) slot = std::make_shared<KeyLimiter>(self, holder, now);
  return slot;
}

Registry::Registry() : Registry{Bounds{}} {}
Registry::Registry(Bounds bounds) : bounds_{bounds} {}

/// Limiters and their group own each other; here the cycle ends.
Registry::~Registry() {
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    each->limiters.clear();
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

/// REQUIRES: mutex_ is held. Nobody gets hold of a group but under mutex_, nor of a limiter but through its group:
/// where nobody but this table refers to them, nobody will meanwhile.
void Registry::forget_resting_groups(TimePoint now) {
  for (auto at = groups_.begin(); at != groups_.end();) {
    const auto here = at++;
    const auto each = here->second;
    const Lock lock{each->mutex};
    each->forget_resting_limiters(now);
    const bool calm = each->health.breaker.state(now) == BreakerState::closed && each->limiters.empty();
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
  for (const auto& [credential, limiter] : target->limiters) limiter->limiter_.reconfigure(now, config);
}

KeyLimiterPtr Registry::limiter(std::string_view upstream, const Hash128& credential, TimePoint now) {
  const auto of = group(upstream, now, true);
  const Lock lock{of->mutex};
  return of->limiter(of, credential, bounds_.credentials, now);
}

std::optional<Effects> Registry::reset(std::string_view upstream, bool breaker, bool cooldown, TimePoint now) {
  std::shared_ptr<Group> target;
  {
    const Lock lock{mutex_};
    const auto found = groups_.find(upstream);
    if (found == groups_.end()) return std::nullopt;
    target = found->second;
  }
  const Lock lock{target->mutex};
  if (breaker) target->health.breaker.reset();
  Effects all;
  for (const auto& [credential, limiter] : target->limiters) {
    limiter->limiter_.reset(cooldown);
    append(all, limiter->take_effects(now));
  }
  return all;
}

Effects Registry::due(TimePoint now) {
  Effects all;
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    for (const auto& [credential, limiter] : each->limiters) {
      if (limiter->waited_for_) append(all, limiter->take_effects(now));
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
    out.breaker_since = breaker.open_since();
    out.failures_in_a_row = breaker.failures_in_a_row();
    out.latency = each->health.latency.average();
    out.requests = each->health.latency.count();
    for (const auto& [credential, limiter] : each->limiters) {
      out.limiters.push_back(limiter->limiter_.snapshot(now));
      out.limiters.back().credential = credential;
    }
  }
  return all;
}

std::vector<std::pair<std::string, std::string>> Registry::take_changes(TimePoint now, bool clean) {
  std::vector<std::pair<std::string, std::string>> changes;
  for (const auto& each : groups()) {
    const Lock lock{each->mutex};
    const bool touched = std::any_of(each->limiters.begin(), each->limiters.end(),
                                     [](const auto& entry) { return entry.second->limiter_.touched(); });
    if (!touched && !(clean && !each->limiters.empty())) continue;
    if (!clean && !each->saved && each->is_new(now)) continue;
    each->saved = true;
    StateWriter writer;
    writer.number(kFormat);
    writer.time(now);
    each->health.breaker.save(writer);
    writer.number(each->limiters.size());
    for (const auto& [credential, limiter] : each->limiters) {
      writer.number(credential.low);
      writer.number(credential.high);
      StateWriter state;
      limiter->limiter_.save(state, clean);
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
    target->limiter(target, credential, bounds_.credentials, now)->limiter_.load(each, now);
  }
  return true;
}

}  // namespace cachearr::limit

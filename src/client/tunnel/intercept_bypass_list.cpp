#include "client/tunnel/intercept_bypass_list.hpp"

#include <algorithm>

namespace cachearr::client {

namespace {

constexpr unsigned kInHandshake = 5;
constexpr unsigned kAfterIt = 2;
constexpr unsigned kEnough = 10;

}  // namespace

bool InterceptBypassList::is_bypassed(const std::string& client, const std::string& host, TimePoint now) const {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find({client, host});
  return found != known_.end() && now < found->second.until;
}

InterceptBypassList::Known& InterceptBypassList::at(const std::string& client, const std::string& host, TimePoint now) {
  if (known_.size() >= kMax && !known_.contains({client, host})) {
    // Whoever's time is over or nearest to its end can best be asked again.
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    if (known_.size() >= kMax)
      known_.erase(std::min_element(known_.begin(), known_.end(),
                                    [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
  return known_[{client, host}];
}

Duration InterceptBypassList::leave_alone(Known& known, TimePoint now) {
  const Duration limit = std::min<Duration>(kLongest, Duration{kFirst} * (1U << std::min(known.times, 8U)));
  ++known.times;
  known.suspicion = 0;
  known.trusts = false;
  known.until = now + limit;
  return limit;
}

Duration InterceptBypassList::distrusts(const std::string& client, const std::string& host, TimePoint now) {
  const std::lock_guard lock{mutex_};
  return leave_alone(at(client, host, now), now);
}

Duration InterceptBypassList::broke_off(const std::string& client, const std::string& host, TimePoint now, When when) {
  const std::lock_guard lock{mutex_};
  auto& known = at(client, host, now);
  if (!known.trusts) return leave_alone(known, now);
  known.suspicion += when == When::in_handshake ? kInHandshake : kAfterIt;
  return known.suspicion < kEnough ? Duration::zero() : leave_alone(known, now);
}

void InterceptBypassList::trusted(const std::string& client, const std::string& host, TimePoint now) {
  const std::lock_guard lock{mutex_};
  at(client, host, now) = {.trusts = true};
}

std::vector<BypassedClient> InterceptBypassList::list(TimePoint now) const {
  const std::lock_guard lock{mutex_};
  std::map<Name, TimePoint> latest;
  for (const auto& [name, known] : known_) {
    if (now >= known.until) continue;
    auto& until = latest[{name.first.substr(0, name.first.find(' ')), name.second}];
    until = std::max(until, known.until);
  }
  std::vector<BypassedClient> out;
  out.reserve(latest.size());
  for (const auto& [name, until] : latest) out.push_back({name.first, name.second, until});
  return out;
}

void InterceptBypassList::forget() {
  const std::lock_guard lock{mutex_};
  known_.clear();
}

}  // namespace cachearr::client

#include "proxy/objectors.hpp"

#include <algorithm>

namespace cachearr::proxy {

namespace {

constexpr unsigned kInHandshake = 5;
constexpr unsigned kAfterIt = 2;
constexpr unsigned kEnough = 10;

}  // namespace

bool Objectors::objects(const std::string& client, const std::string& host, TimePoint now) const {
  const std::lock_guard lock{mutex_};
  const auto found = known_.find({client, host});
  return found != known_.end() && now < found->second.until;
}

Objectors::Known& Objectors::at(const std::string& client, const std::string& host, TimePoint now) {
  if (known_.size() >= kMax && !known_.contains({client, host})) {
    // Whoever's time is over or nearest to its end can best be asked again.
    std::erase_if(known_, [&](const auto& entry) { return entry.second.until <= now; });
    if (known_.size() >= kMax)
      known_.erase(std::min_element(known_.begin(), known_.end(),
                                    [](const auto& a, const auto& b) { return a.second.until < b.second.until; }));
  }
  return known_[{client, host}];
}

Duration Objectors::leave_alone(Known& known, TimePoint now) {
  const Duration limit = std::min<Duration>(kLongest, Duration{kFirst} * (1U << std::min(known.times, 8U)));
  ++known.times;
  known.suspicion = 0;
  known.believes = false;
  known.until = now + limit;
  return limit;
}

Duration Objectors::object(const std::string& client, const std::string& host, TimePoint now) {
  const std::lock_guard lock{mutex_};
  return leave_alone(at(client, host, now), now);
}

Duration Objectors::broke_off(const std::string& client, const std::string& host, TimePoint now, When when) {
  const std::lock_guard lock{mutex_};
  auto& known = at(client, host, now);
  if (!known.believes) return leave_alone(known, now);
  known.suspicion += when == When::in_handshake ? kInHandshake : kAfterIt;
  return known.suspicion < kEnough ? Duration::zero() : leave_alone(known, now);
}

void Objectors::believed(const std::string& client, const std::string& host, TimePoint now) {
  const std::lock_guard lock{mutex_};
  at(client, host, now) = {.believes = true};
}

std::vector<Objector> Objectors::list(TimePoint now) const {
  const std::lock_guard lock{mutex_};
  std::vector<Objector> out;
  for (const auto& [name, known] : known_)
    if (now < known.until) out.push_back({name.first, name.second, known.until});
  return out;
}

void Objectors::forget() {
  const std::lock_guard lock{mutex_};
  known_.clear();
}

}  // namespace cachearr::proxy

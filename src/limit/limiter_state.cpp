// What of a limiter is kept over a restart.
#include <algorithm>
#include <utility>

#include "limit/limiter.hpp"

namespace cachearr::limit {

/// Figures may change; these three say which quota it is.
Quota* Limiter::find_quota(const QuotaConfig& wanted) noexcept {
  const auto found = std::find_if(quotas_.begin(), quotas_.end(), [&](const Quota& quota) {
    const auto& known = quota.config();
    return known.per == wanted.per && known.fixed == wanted.fixed && known.scope == wanted.scope;
  });
  return found == quotas_.end() ? nullptr : &*found;
}

/// Where nothing is counted, nothing is lost by a crash.
bool Limiter::is_counted() const noexcept { return !bucket_.unlimited() || !quotas_.empty() || !live_.empty(); }

std::uint64_t Limiter::lease() const noexcept {
  auto most = kLongestLease;
  if (!bucket_.unlimited()) most = std::min(most, bucket_.burst());
  for (const auto& quota : quotas_) most = std::min(most, quota.config().limit / 50);
  return std::max<std::uint64_t>(most, 1);
}

void Limiter::charge(TimePoint now, std::uint64_t requests) {
  if (requests == 0) return;
  bucket_.charge(requests);
  live_.charge(requests);
  for (auto& quota : quotas_) quota.charge(now, requests);
}

void Limiter::save(StateWriter& to, bool clean) {
  to.number(clean ? 0 : lease());
  bucket_.save(to);
  cooldown_.save(to);
  live_.save(to);
  to.number(quotas_.size());
  for (const auto& quota : quotas_) {
    to.duration(quota.config().per);
    to.number((quota.config().fixed ? 1 : 0) + 2 * scope_number(quota.config().scope));
    quota.save(to);
  }
  grab_cooldown_.save(to);
  unsaved_ = 0;
  touched_ = false;
  save_now_ = false;
}

void Limiter::load(StateReader& from, TimePoint now) {
  const auto owed = std::min(from.number(), kLongestLease);
  bucket_.load(from, now);
  cooldown_.load(from);
  live_.load(from);
  const auto count = from.number();
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    const auto per = from.duration();
    const auto kind = from.number();
    const QuotaConfig saved{0, per, kind % 2 != 0, 0, scope_of(kind / 2)};
    Quota read{saved, now};
    read.load(from);
    auto* quota = find_quota(saved);
    if (quota == nullptr || !from.ok()) continue;
    const auto wanted = quota->config();
    *quota = std::move(read);
    quota->reconfigure(wanted);
  }
  // A state of before downloads had a pause of their own ends here.
  if (from.ok() && !from.at_end()) grab_cooldown_.load(from);
  charge(now, owed);
}

}  // namespace cachearr::limit

#include "limit/ttl.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr Duration kTooShortToSpread{10'000};
constexpr Duration kShortestHalf{60'000};
constexpr std::int64_t kSteps = 1024;

}  // namespace

Duration spread_ttl(Duration ttl, const Hash128& key) noexcept {
  if (ttl < kTooShortToSpread) return ttl;
  const auto share = static_cast<std::int64_t>(key.high % kSteps);
  return ttl - Duration{ttl.count() / (10 * kSteps) * share};
}

Duration learned_ttl(std::optional<Duration> last, Refetch outcome, Duration start, Duration least,
                     Duration most) noexcept {
  most = std::max(least, most);
  if (!last) return std::clamp(start, least, most);
  const auto next = outcome == Refetch::unchanged ? std::min(*last, most) * 3 / 2 : *last / 2;
  return std::clamp(next, least, most);
}

Duration halved_ttl(Duration ttl) noexcept { return std::min(ttl, std::max(ttl / 2, kShortestHalf)); }

bool refresh_ahead(TimePoint now, TimePoint stored, TimePoint fresh_until, double share) noexcept {
  if (!(share > 0) || share >= 1 || now >= fresh_until || fresh_until <= stored) return false;
  const auto lifetime = static_cast<double>((fresh_until - stored).count());
  return static_cast<double>((now - stored).count()) >= lifetime * share;
}

}  // namespace cachearr::limit

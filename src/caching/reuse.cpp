#include "caching/reuse.hpp"

#include <algorithm>

#include "caching/storing.hpp"

namespace cachearr::caching {

namespace {

constexpr std::int64_t kSecond = 1000;
/// How long what is stale may stand in for an origin that cannot be reached.
constexpr std::uint32_t kUnreachableSeconds = 24 * 60 * 60;

std::int64_t milliseconds(TimePoint at) noexcept { return at.time_since_epoch().count(); }

bool has(const EntryMeta& meta, EntryFlag flag) noexcept { return (meta.flags & flag) != 0; }

/// A soft purge ended freshness at once, whatever was left of it.
std::int64_t fresh_until(const EntryMeta& meta) noexcept {
  return has(meta, kInvalidated) ? std::min(meta.fresh_until_ms, meta.stored_ms) : meta.fresh_until_ms;
}

/// How long it has been stale; negative while it is fresh.
std::int64_t staleness(const EntryMeta& meta, TimePoint now) noexcept { return milliseconds(now) - fresh_until(meta); }

bool stale_is_forbidden(const EntryMeta& meta) noexcept { return (meta.flags & (kNoCache | kMustRevalidate)) != 0; }

bool within(std::int64_t stale_for, std::uint32_t window_seconds) noexcept {
  return window_seconds != 0 && stale_for <= window_seconds * kSecond;
}

/// max-age=0 is how browsers reload: it asks for the origin's word, however young the answer is.
bool is_too_old_for(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept {
  if (!request.max_age) return false;
  return *request.max_age == 0 || milliseconds(now) - meta.born_ms > *request.max_age * kSecond;
}

bool ends_too_soon_for(const RequestDirectives& request, std::int64_t stale_for) noexcept {
  return request.min_fresh && -stale_for < *request.min_fresh * kSecond;
}

/// What the client says holds against a stale window too: max-age and min-fresh ask for a fresh answer, max-stale
/// limits.
Reuse judge_stale(const EntryMeta& meta, const RequestDirectives& request, std::int64_t stale_for) noexcept {
  const bool limited = request.max_stale.has_value();
  const bool accepted = request.max_stale_any || (limited && stale_for <= *request.max_stale * kSecond);
  if (!accepted && (limited || request.max_age)) return Reuse::validate;
  if (within(stale_for, meta.swr_seconds)) return Reuse::stale_while_revalidate;
  return accepted ? Reuse::stale_allowed : Reuse::validate;
}

}  // namespace

// Immutable (RFC 8246) needs no branch here: what is fresh is never validated unless the client asks for it, and that
// wish holds for an immutable answer too.
ReuseVerdict judge(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept {
  const auto stale_for = staleness(meta, now);
  const bool refused = request.no_cache || is_too_old_for(meta, request, now) || ends_too_soon_for(request, stale_for);
  if (stale_for < 0 && !has(meta, kNoCache)) return {refused ? Reuse::validate : Reuse::fresh, refused};
  if (refused || stale_is_forbidden(meta)) return {Reuse::validate, false};
  return {judge_stale(meta, request, stale_for), false};
}

bool may_serve_on_error(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept {
  if (stale_is_forbidden(meta)) return false;
  return within(staleness(meta, now), std::max(meta.sie_seconds, request.stale_if_error.value_or(0)));
}

bool may_serve_unreachable(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept {
  // Nobody wants yesterday's 404, and who asks for the origin's word or for something fresh gets no less.
  if (stale_is_forbidden(meta) || has(meta, kNegative) || has(meta, kNoStandIn)) return false;
  if (request.no_cache || request.min_fresh) return false;
  if (is_too_old_for(meta, request, now)) return false;
  const auto stale_for = staleness(meta, now);
  // stale-if-error names the most that the origin wants (RFC 5861 4).
  const auto most = meta.sie_seconds == 0 ? kUnreachableSeconds : std::min(kUnreachableSeconds, meta.sie_seconds);
  return within(stale_for, std::min(most, request.max_stale.value_or(most)));
}

bool may_serve_offline(const EntryMeta& meta) noexcept { return !stale_is_forbidden(meta); }

bool may_serve_when_limited(const EntryMeta& meta, TimePoint now) noexcept {
  return !stale_is_forbidden(meta) && within(staleness(meta, now), meta.limited_seconds);
}

std::int64_t age_at(const EntryMeta& meta, TimePoint now) noexcept {
  return std::max<std::int64_t>(0, (milliseconds(now) - meta.born_ms) / kSecond);
}

std::int64_t ttl_at(const EntryMeta& meta, TimePoint now) noexcept {
  const auto left = -staleness(meta, now);
  return left >= 0 ? left / kSecond : (left - kSecond + 1) / kSecond;
}

}  // namespace cachearr::caching

// Tools around lifetimes: expiry spread by key, lifetimes learned from revalidations, refresh ahead. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"

namespace cachearr::limit {

/// `ttl` shortened by up to a tenth, always by the same share for one key: what was stored together does not expire
/// together. Never longer, so that no answer outlives what its rule promises. Lifetimes of less than ten seconds stay.
Duration spread_ttl(Duration ttl, const Hash128& key) noexcept;

/// What a revalidation or a refetch of an expired answer brought.
enum class Refetch : std::uint8_t { unchanged, changed };

/// The next lifetime of a rule with `learn`: half as long again while the same body comes back, halved once it changed,
/// inside [least, most]. `last` is the lifetime that has just ended; none: the first one, which is `start`.
Duration learned_ttl(std::optional<Duration> last, Refetch outcome, Duration start, Duration least,
                     Duration most) noexcept;

/// Half of it, but not less than a minute; what is no longer than that stays.
Duration halved_ttl(Duration ttl) noexcept;

/// Whether a fresh answer that is asked for should be refreshed behind the client's back: once `share` of its lifetime
/// has passed.
bool refresh_ahead(TimePoint now, TimePoint stored, TimePoint fresh_until, double share) noexcept;

}  // namespace cachearr::limit

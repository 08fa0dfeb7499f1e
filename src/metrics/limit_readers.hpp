// How the families of limits and of the store's tiers are read. Private to the table of families.
#pragma once

#include "metrics/families.hpp"
#include "metrics/readings.hpp"

namespace cachearr::metrics {

inline void read_tokens(const Readings& readings, Samples& samples) {
  for (const auto& limit : readings.limits)
    if (limit.tokens) samples.add({limit.upstream}, *limit.tokens);
}

inline void read_quotas(const Readings& readings, Samples& samples) {
  for (const auto& limit : readings.limits)
    for (const auto& [per, left] : limit.quota_remaining) samples.add({limit.upstream, per}, left);
}

inline void read_cooldowns(const Readings& readings, Samples& samples) {
  for (const auto& limit : readings.limits) samples.add({limit.upstream}, static_cast<double>(limit.cooldown_seconds));
}

inline void read_limiter_modes(const Readings& readings, Samples& samples) {
  for (const auto& limit : readings.limits) samples.add({limit.upstream}, static_cast<double>(limit.mode));
}

inline void read_waiting(const Readings& readings, Samples& samples) {
  for (const auto& limit : readings.limits) samples.add({limit.upstream}, limit.waiting);
}

template <auto member>
void read_tiers(const Readings& readings, Samples& samples) {
  for (const auto& tier : readings.tiers) samples.add({tier.tier}, tier.*member);
}

inline void read_evictions(const Readings& readings, Samples& samples) {
  for (const auto& tier : readings.tiers) {
    samples.add({tier.tier, "space"}, tier.evicted);
    samples.add({tier.tier, "expired"}, tier.expired);
  }
  if (readings.shared) samples.add({"shared", "invalidated"}, readings.shared->swept);
}

}  // namespace cachearr::metrics

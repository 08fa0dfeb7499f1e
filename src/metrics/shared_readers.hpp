// How the families of the tier that instances share are read. Private to the table of families.
#pragma once

#include "metrics/families.hpp"
#include "metrics/readings.hpp"

namespace cachearr::metrics {

template <auto member>
void read_shared(const Readings& readings, Samples& samples) {
  if (readings.shared) samples.add({}, static_cast<double>((*readings.shared).*member));
}

template <auto member>
void read_shared_by(const Readings& readings, Samples& samples) {
  if (!readings.shared) return;
  for (const auto& [which, number] : (*readings.shared).*member) samples.add({which}, number);
}

inline void read_shared_breakers(const Readings& readings, Samples& samples) {
  if (!readings.shared) return;
  for (const auto& [what, is_open] : readings.shared->breakers_open) samples.add({what}, is_open ? 1.0 : 0.0);
}

inline void read_shared_commands(const Readings& readings, Samples& samples) {
  constexpr double microseconds = 1e6;
  if (!readings.shared) return;
  for (const auto& [command, times] : readings.shared->commands)
    samples.add_histogram({command}, Histogram::kBounds, times.buckets, times.sum, microseconds);
}

inline void read_shared_news(const Readings& readings, Samples& samples) {
  if (!readings.shared) return;
  samples.add({"sent"}, readings.shared->sent);
  samples.add({"received"}, readings.shared->received);
}

}  // namespace cachearr::metrics

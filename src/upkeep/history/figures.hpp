// What the history keeps of one stretch of time: figures of the whole, of each upstream and of each type. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/metrics.hpp"

namespace cachearr::upkeep {

/// The order is that of the bytes in the store: append, never insert.
enum class Figure : std::uint8_t {
  fresh,  // requests, by metrics::RequestResult
  stale,
  revalidated,
  collapsed,
  fetched,
  bypass,
  tunnel,
  errors,
  hits,  // look-ups
  misses,
  upstream_calls,
  upstream_errors,
  upstream_refused,
  bytes_to_clients,
  bytes_from_upstreams,
  waiting,  // from here on no counts, but how things stand
  entries,
  memory_bytes,
  disk_bytes,
  count
};
inline constexpr auto kFigures = static_cast<std::size_t>(Figure::count);
static_assert(static_cast<std::size_t>(Figure::hits) == static_cast<std::size_t>(metrics::RequestResult::count));

/// Whose times: of requests that were answered from the cache, of those that were not, of upstreams.
enum class Latency : std::uint8_t { hit, miss, upstream, count };
inline constexpr auto kLatencies = static_cast<std::size_t>(Latency::count);
using Buckets = std::array<std::uint64_t, metrics::Histogram::kBounds.size() + 1>;

struct Figures {
  std::array<std::uint64_t, kFigures> values{};
  std::array<Buckets, kLatencies> latencies{};

  std::uint64_t& operator[](Figure figure) noexcept { return values[static_cast<std::size_t>(figure)]; }
  std::uint64_t operator[](Figure figure) const noexcept { return values[static_cast<std::size_t>(figure)]; }
  Buckets& operator[](Latency latency) noexcept { return latencies[static_cast<std::size_t>(latency)]; }
  const Buckets& operator[](Latency latency) const noexcept { return latencies[static_cast<std::size_t>(latency)]; }
  std::uint64_t requests() const noexcept;
  friend bool operator==(const Figures&, const Figures&) = default;
};

using FiguresByName = std::map<std::string, Figures, std::less<>>;

struct Sample {
  Figures whole;
  FiguresByName upstreams, types;
  friend bool operator==(const Sample&, const Sample&) = default;
};

/// What was counted between two readings. A counter that has become smaller has begun anew, at 0. Names of which
/// nothing was counted are left out.
Sample difference(const Sample& before, const Sample& after);

/// Joins what came `later` to what was before.
void add(Sample& into, const Sample& later);

/// Keeps the `most` names with the most requests and calls, and takes all others together as "other".
void keep_busiest(FiguresByName& by_name, std::size_t most);

/// In milliseconds, within its bucket as if all of that were spread evenly; none without requests. `share`: 0 to 1.
std::optional<double> quantile(const Buckets& buckets, double share) noexcept;

/// Percent; none without look-ups.
std::optional<double> hit_ratio(const Figures& figures) noexcept;

}  // namespace cachearr::upkeep

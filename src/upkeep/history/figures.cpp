#include "upkeep/history/figures.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "metrics/totals.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::string_view kOther = "other";
constexpr auto kFirstLevel = static_cast<std::size_t>(Figure::waiting);
constexpr auto kWaiting = static_cast<std::size_t>(Figure::waiting);
const Figures kNothing;

std::uint64_t counted(std::uint64_t before, std::uint64_t after) noexcept {
  return after >= before ? after - before : after;
}

Figures difference_of(const Figures& before, const Figures& after) noexcept {
  auto result = after;
  for (std::size_t i = 0; i < kFirstLevel; ++i) result.values[i] = counted(before.values[i], after.values[i]);
  for (std::size_t i = 0; i < kLatencies; ++i)
    for (std::size_t j = 0; j < result.latencies[i].size(); ++j)
      result.latencies[i][j] = counted(before.latencies[i][j], after.latencies[i][j]);
  return result;
}

FiguresByName differences(const FiguresByName& before, const FiguresByName& after) {
  FiguresByName result;
  for (const auto& [name, figures] : after) {
    const auto found = before.find(name);
    auto since = difference_of(found == before.end() ? kNothing : found->second, figures);
    if (since != kNothing) result.emplace(name, since);
  }
  return result;
}

void add_figures(Figures& into, const Figures& later) noexcept {
  for (std::size_t i = 0; i < kFirstLevel; ++i) into.values[i] += later.values[i];
  for (std::size_t i = kFirstLevel; i < kFigures; ++i)
    into.values[i] = i == kWaiting ? std::max(into.values[i], later.values[i]) : later.values[i];
  for (std::size_t i = 0; i < kLatencies; ++i)
    for (std::size_t j = 0; j < into.latencies[i].size(); ++j) into.latencies[i][j] += later.latencies[i][j];
}

void add_by_name(FiguresByName& into, const FiguresByName& later) {
  for (const auto& [name, figures] : later) add_figures(into[name], figures);
}

std::uint64_t activity(const Figures& figures) noexcept { return figures.requests() + figures[Figure::upstream_calls]; }

}  // namespace

std::uint64_t Figures::requests() const noexcept {
  const auto* const end = values.begin() + static_cast<std::size_t>(Figure::hits);
  return std::accumulate(values.begin(), end, std::uint64_t{0});
}

Sample difference(const Sample& before, const Sample& after) {
  return {difference_of(before.whole, after.whole), differences(before.upstreams, after.upstreams),
          differences(before.types, after.types)};
}

void add(Sample& into, const Sample& later) {
  add_figures(into.whole, later.whole);
  add_by_name(into.upstreams, later.upstreams);
  add_by_name(into.types, later.types);
}

void keep_busiest(FiguresByName& by_name, std::size_t most) {
  if (by_name.size() <= most) return;
  std::vector<FiguresByName::iterator> order;
  for (auto at = by_name.begin(); at != by_name.end(); ++at) order.push_back(at);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return activity(a->second) > activity(b->second); });
  Figures rest;
  for (std::size_t i = most; i < order.size(); ++i) {
    add_figures(rest, order[i]->second);
    by_name.erase(order[i]);
  }
  add_figures(by_name[std::string{kOther}], rest);
}

std::optional<double> quantile(const Buckets& buckets, double share) noexcept {
  constexpr double microseconds = 1000;
  constexpr const auto& bounds = metrics::Histogram::kBounds;
  const auto all = std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  if (all == 0) return std::nullopt;
  const auto rank = share * static_cast<double>(all);
  double below = 0;
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    const double lower = i == 0 ? 0 : bounds[i - 1];
    if (here > 0 && below + here >= rank)
      return (lower + (bounds[i] - lower) * std::max(0.0, rank - below) / here) / microseconds;
    below += here;
  }
  return bounds.back() / microseconds;
}

std::optional<double> hit_ratio(const Figures& figures) noexcept {
  const auto hits = figures[Figure::hits], misses = figures[Figure::misses];
  if (hits + misses == 0) return std::nullopt;
  return metrics::share(hits, misses);
}

}  // namespace cachearr::upkeep

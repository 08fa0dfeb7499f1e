#include "upkeep/history/series.hpp"

#include <algorithm>
#include <array>

namespace cachearr::upkeep {

namespace {

using Value = std::optional<double>;

/// A row of the table; which subjects have it.
struct Series {
  std::string_view name;
  bool of_upstreams, of_types;
  Value (*value)(const Figures&);
};

template <Figure figure>
Value value_of(const Figures& figures) {
  return static_cast<double>(figures[figure]);
}
template <Latency latency, int percent>
Value quantile_of(const Figures& figures) {
  return quantile(figures[latency], percent / 100.0);
}
Value requests_of(const Figures& figures) { return static_cast<double>(figures.requests()); }

constexpr auto kSeries = std::to_array<Series>({
    {"requests", true, true, requests_of},
    {"fresh", true, true, value_of<Figure::fresh>},
    {"stale", true, true, value_of<Figure::stale>},
    {"revalidated", true, true, value_of<Figure::revalidated>},
    {"collapsed", true, true, value_of<Figure::collapsed>},
    {"fetched", true, true, value_of<Figure::fetched>},
    {"bypass", true, true, value_of<Figure::bypass>},
    {"tunnel", false, false, value_of<Figure::tunnel>},
    {"errors", true, true, value_of<Figure::errors>},
    {"hits", true, true, value_of<Figure::hits>},
    {"misses", true, true, value_of<Figure::misses>},
    {"hit_ratio", true, true, hit_ratio},
    {"upstream_calls", true, false, value_of<Figure::upstream_calls>},
    {"upstream_errors", true, false, value_of<Figure::upstream_errors>},
    {"upstream_refused", true, false, value_of<Figure::upstream_refused>},
    {"waiting", true, false, value_of<Figure::waiting>},
    {"bytes_to_clients", false, false, value_of<Figure::bytes_to_clients>},
    {"bytes_from_upstreams", true, false, value_of<Figure::bytes_from_upstreams>},
    {"entries", false, false, value_of<Figure::entries>},
    {"memory_bytes", false, false, value_of<Figure::memory_bytes>},
    {"disk_bytes", false, false, value_of<Figure::disk_bytes>},
    {"latency_hit_p50", false, false, quantile_of<Latency::hit, 50>},
    {"latency_hit_p95", false, false, quantile_of<Latency::hit, 95>},
    {"latency_hit_p99", false, false, quantile_of<Latency::hit, 99>},
    {"latency_miss_p50", false, false, quantile_of<Latency::miss, 50>},
    {"latency_miss_p95", false, false, quantile_of<Latency::miss, 95>},
    {"latency_miss_p99", false, false, quantile_of<Latency::miss, 99>},
    {"latency_upstream_p50", true, false, quantile_of<Latency::upstream, 50>},
    {"latency_upstream_p95", true, false, quantile_of<Latency::upstream, 95>},
    {"latency_upstream_p99", true, false, quantile_of<Latency::upstream, 99>},
});

const Series* find_series(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(kSeries.begin(), kSeries.end(), [name](const Series& each) { return each.name == name; });
  return found == kSeries.end() ? nullptr : &*found;
}

bool has(const Series& series, Subject subject) noexcept {
  if (subject == Subject::upstream) return series.of_upstreams;
  return subject == Subject::whole || series.of_types;
}

const Figures& figures_of(const Sample& row, const SeriesName& name) {
  static const Figures nothing;
  if (name.subject == Subject::whole) return row.whole;
  const auto& by_name = name.subject == Subject::upstream ? row.upstreams : row.types;
  const auto found = by_name.find(name.name);
  return found == by_name.end() ? nothing : found->second;
}

}  // namespace

bool is_series_of(std::string_view figure, Subject subject) {
  const auto* const series = find_series(figure);
  return series && has(*series, subject);
}

std::string series_names(Subject subject) {
  std::string names;
  for (const auto& series : kSeries)
    if (has(series, subject)) names.append(names.empty() ? "" : ", ").append(series.name);
  return names;
}

std::vector<Line> read_lines(const History& history, const HistoryQuery& query) {
  std::vector<Line> lines;
  for (const auto& name : query.series) {
    auto& line = lines.emplace_back(Line{name, {}});
    for (auto at = query.from; at < query.to; at += query.step) line.points.emplace_back(at, std::nullopt);
  }
  std::int64_t begin = -1;
  Sample sum;
  const auto put_sum = [&] {
    if (begin < 0) return;
    const auto at = static_cast<std::size_t>((begin - query.from) / query.step);
    for (auto& line : lines) line.points[at].second = find_series(line.name.figure)->value(figures_of(sum, line.name));
  };
  history.visit(query.level, query.from, query.to, [&](std::int64_t row_begin, const Sample& row) {
    const auto step_begin = row_begin - (row_begin - query.from) % query.step;
    if (step_begin != begin) put_sum(), sum = {}, begin = step_begin;
    add(sum, row);
  });
  put_sum();
  return lines;
}

}  // namespace cachearr::upkeep

// How a question for the history is read.
#include <algorithm>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "upkeep/history/series.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::int64_t kFarthest = 100'000'000'000;  // about the year 5,000

/// "2026-11-29T12:00:00Z", "1764417600", "-1h", "now".
std::optional<std::int64_t> read_moment(std::string_view text, std::int64_t now) {
  if (text == "now") return now;
  if (text.starts_with('-')) {
    const auto before = parse_duration(text.substr(1));
    if (!before) return std::nullopt;
    return std::max<std::int64_t>(0, now - std::chrono::floor<std::chrono::seconds>(*before).count());
  }
  if (const auto number = text::parse_unsigned(text)) {
    if (*number > static_cast<std::uint64_t>(kFarthest)) return std::nullopt;
    return static_cast<std::int64_t>(*number);
  }
  const auto date = dates::parse_iso_date(text);
  if (!date || seconds_of(*date) < 0) return std::nullopt;
  return seconds_of(*date);
}

Error wrong_moment(std::string_view name, std::string_view text) {
  return {std::string{name} + "=" + std::string{text} +
          " is no time: give RFC 3339 (2026-11-29T12:00:00Z), seconds since 1970, or a length before now (-1h)"};
}

/// The level whose rows reach back to `from` and are the shortest, or those that are asked for.
std::size_t level_for(std::int64_t step, std::int64_t from, std::int64_t now) {
  for (std::size_t level = 0; level + 1 < kHistoryLevels.size(); ++level) {
    const auto& each = kHistoryLevels[level];
    if (step > 0 ? each.step >= step : each.kept() >= now - from) return level;
  }
  return kHistoryLevels.size() - 1;
}

/// Rounds up to what is kept, and further until there are few enough points, those that begin and end apart included.
void choose_step(HistoryQuery& query, std::int64_t now) {
  const auto span = query.to - query.from;
  query.level = level_for(query.step, query.from, now);
  while (query.level + 1 < kHistoryLevels.size() && span / kHistoryLevels[query.level].step >= kMostPoints - 1)
    ++query.level;
  const auto kept = kHistoryLevels[query.level].step;
  const auto least = std::max({query.step, kept, span / (kMostPoints - 1) + 1});
  query.step = (query.level + 1 < kHistoryLevels.size()) ? kept : (least + kept - 1) / kept * kept;
  query.from = begin_of(query.from, query.step);
  query.to = begin_of(query.to + query.step - 1, query.step);
}

Result<SeriesName> read_series(std::string_view text, const SeriesName& of_all) {
  auto series = of_all;
  const auto colon = text.find(':');
  series.figure = std::string{text::trim(text.substr(0, colon))};
  if (colon != std::string_view::npos) {
    const auto of = text.substr(colon + 1);
    const auto equals = of.find('=');
    const auto kind = of.substr(0, equals);
    if (equals == std::string_view::npos || (kind != "upstream" && kind != "type"))
      return Error{"series=" + std::string{text} + ": after the colon comes upstream=NAME or type=NAME"};
    series.subject = kind == "upstream" ? Subject::upstream : Subject::type;
    series.name = std::string{of.substr(equals + 1)};
  }
  if (is_series_of(series.figure, series.subject)) return series;
  return Error{"there is no series " + series.figure +
               (series.subject == Subject::whole ? std::string{} : " of upstreams or types like " + series.name) +
               "; there are: " + series_names(series.subject)};
}

Result<std::vector<SeriesName>> read_all_series(const HistoryArguments& arguments) {
  if (!arguments.upstream.empty() && !arguments.type.empty()) return Error{"give upstream or type, not both"};
  SeriesName of_all;
  if (!arguments.upstream.empty()) of_all = {{}, Subject::upstream, std::string{arguments.upstream}};
  if (!arguments.type.empty()) of_all = {{}, Subject::type, std::string{arguments.type}};
  std::vector<SeriesName> all;
  for (const auto text : text::split(arguments.series.empty() ? "requests,hit_ratio" : arguments.series, ',')) {
    auto series = read_series(text, of_all);
    if (!series) return series.error();
    all.push_back(*std::move(series));
  }
  if (all.size() > kMostSeries) return Error{"at most " + std::to_string(kMostSeries) + " series at a time"};
  return all;
}

}  // namespace

Result<HistoryQuery> read_history_query(const HistoryArguments& arguments, TimePoint now) {
  HistoryQuery query;
  const auto seconds = seconds_of(now);
  const auto to = arguments.to.empty() ? std::optional{seconds} : read_moment(arguments.to, seconds);
  if (!to) return wrong_moment("to", arguments.to);
  const auto from = read_moment(arguments.from.empty() ? "-1h" : arguments.from, seconds);
  if (!from) return wrong_moment("from", arguments.from);
  if (*from >= *to) return Error{"from has to be before to"};
  if (!arguments.step.empty()) {
    const auto step = parse_duration(arguments.step);
    if (!step || *step < std::chrono::seconds{1})
      return Error{"step=" + std::string{arguments.step} + " is no length of time: 10s, 1m, 10m and 1h are kept"};
    query.step = std::min(kFarthest, std::chrono::ceil<std::chrono::seconds>(*step).count());
  }
  auto series = read_all_series(arguments);
  if (!series) return series.error();
  query.series = *std::move(series);
  query.from = *from;
  query.to = *to;
  choose_step(query, seconds);
  return query;
}

}  // namespace cachearr::upkeep

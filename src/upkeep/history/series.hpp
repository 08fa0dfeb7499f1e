// The named series that can be read out of the history, and how a question for them is read and answered. Pure but for
// the history that is asked.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/result.hpp"
#include "upkeep/history/history.hpp"

namespace cachearr::upkeep {

/// What a figure is told of.
enum class Subject : std::uint8_t { whole, upstream, type };

/// One series that is asked for: "hit_ratio" of the upstream "tmdb".
struct SeriesName {
  std::string figure;
  Subject subject = Subject::whole;
  std::string name = {};  // of the upstream or the type
};

struct HistoryQuery {
  std::vector<SeriesName> series;
  std::int64_t from = 0, to = 0, step = 0;  // seconds since 1970; multiples of step
  std::size_t level = 0;
};

/// As they come with the call; empty: not given.
struct HistoryArguments {
  std::string_view series = {}, upstream = {}, type = {}, from = {}, to = {}, step = {};
};

inline constexpr std::int64_t kMostPoints = 2'000;  // of a series
inline constexpr std::size_t kMostSeries = 64;

/// Whether this is kept of such subjects, and all that is.
bool is_series_of(std::string_view figure, Subject subject);
std::string series_names(Subject subject);

/// The error names the argument that is wrong, and what there is.
Result<HistoryQuery> read_history_query(const HistoryArguments& arguments, TimePoint now);

struct Line {
  SeriesName name;
  std::vector<std::pair<std::int64_t, std::optional<double>>> points;  // none: nothing was kept, or no such thing then
};
std::vector<Line> read_lines(const History& history, const HistoryQuery& query);

}  // namespace cachearr::upkeep

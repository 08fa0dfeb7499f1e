// Questions for the history: total on any bytes; what is taken has few points, at multiples of its step.
#include "fuzz/input.hpp"
#include "upkeep/history/series.hpp"

using namespace cachearr;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr TimePoint now{std::chrono::hours{480'000}};
  auto rest = fuzz::text_of(data, size);
  upkeep::HistoryArguments arguments;
  for (auto* argument : {&arguments.from, &arguments.to, &arguments.step, &arguments.upstream, &arguments.type})
    *argument = fuzz::take_until(rest, '\n');
  arguments.series = rest;
  const auto query = upkeep::read_history_query(arguments, now);
  if (!query) return 0;
  fuzz::require(query->step > 0 && query->from >= 0 && query->from < query->to);
  fuzz::require(query->from % query->step == 0 && (query->to - query->from) / query->step <= upkeep::kMostPoints);
  fuzz::require(query->level < upkeep::kHistoryLevels.size() && !query->series.empty());
  return 0;
}

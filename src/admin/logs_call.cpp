// GET /api/v1/logs: the last lines of the log. They are free of secrets as they are written.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "base/iso_time.hpp"
#include "base/log_tail.hpp"
#include "base/text.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kUsualLines = 200;

Answer last_lines(const Call& call) {
  auto least = log::Level::trace;
  if (call.has_value("level")) {
    least = log::level_of(call.parameter("level"));
    if (name_of(least) != call.parameter("level") || least == log::Level::off)
      return problem(400, "level is trace, debug, info, warning or error");
  }
  const auto limit = call.has_value("limit") ? text::parse_unsigned(call.parameter("limit")) : kUsualLines;
  if (!limit || *limit == 0 || *limit > log::kMostKeptLines)
    return problem(400, "limit is a number from 1 to " + std::to_string(log::kMostKeptLines));
  const auto after = call.has_value("after") ? text::parse_unsigned(call.parameter("after")) : std::uint64_t{0};
  if (!after) return problem(400, "after is the number of a line");
  const auto lines = log::kept_lines(least, *after);
  Json list = Json::array();
  for (auto at = lines.size() > *limit ? lines.end() - static_cast<std::ptrdiff_t>(*limit) : lines.begin();
       at != lines.end(); ++at)
    list.push_back(
        {{"number", at->number}, {"time", iso_time(at->at)}, {"level", name_of(at->level)}, {"message", at->message}});
  return json_answer({{"lines", std::move(list)}});
}

}  // namespace

void add_logs_call(Router& router) {
  router.add({http::Method::get,
              "/api/v1/logs",
              {},
              last_lines,
              Runs::on_loop,
              {.summary = "the last lines of the log, the oldest first",
               .parameters = {{"level", "and above"}, {"limit", "1 to 1000"}, {"after", "lines behind this number"}},
               .answer = "LogLines"}});
}

}  // namespace cachearr::admin

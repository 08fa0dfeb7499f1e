// Calls about what happened over time: the series of the history, and one flat object for dashboards.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "admin/calls.hpp"
#include "admin/gather.hpp"
#include "metrics/totals.hpp"
#include "upkeep/history/series.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using upkeep::Figure;
using upkeep::Subject;

/// Counts as whole numbers, all else to three places.
Json number(const std::optional<double>& value) {
  if (!value) return nullptr;
  if (*value == std::floor(*value)) return static_cast<std::int64_t>(*value);
  return std::round(*value * 1000) / 1000;
}

Json line_json(const upkeep::Line& line) {
  Json series = {{"name", line.name.figure}};
  if (line.name.subject != Subject::whole)
    series[line.name.subject == Subject::upstream ? "upstream" : "type"] = line.name.name;
  Json points = Json::array();
  for (const auto& [at, value] : line.points) points.push_back({at, number(value)});
  series["points"] = std::move(points);
  return series;
}

/// Names that can be asked for: those in force, and those that were counted or are kept.
std::set<std::string> known_names(Instance& instance, const upkeep::HistoryQuery& query, Subject subject) {
  std::set<std::string> names;
  const auto take = [&](const upkeep::Sample& sample) {
    for (const auto& [name, figures] : subject == Subject::upstream ? sample.upstreams : sample.types)
      names.insert(name);
  };
  const auto snapshot = instance.snapshot();
  if (subject == Subject::upstream)
    for (const auto& upstream : snapshot->rules->upstreams()) names.insert(upstream->name);
  else
    for (const auto& rule : snapshot->rules->rules()) names.insert(rule->type);
  take(totals_since_start(instance));
  instance.history().visit(query.level, query.from, query.to,
                           [&](std::int64_t, const upkeep::Sample& row) { take(row); });
  names.erase("");
  return names;
}

/// Empty: all are known.
std::string unknown_name(Instance& instance, const upkeep::HistoryQuery& query) {
  for (const auto subject : {Subject::upstream, Subject::type}) {
    const auto asked = [subject](const upkeep::SeriesName& name) { return name.subject == subject; };
    if (std::none_of(query.series.begin(), query.series.end(), asked)) continue;
    const auto known = known_names(instance, query, subject);
    for (const auto& series : query.series) {
      if (!asked(series) || known.contains(series.name)) continue;
      std::string list;
      for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
      return "there is no " + std::string{subject == Subject::upstream ? "upstream " : "type "} + series.name +
             "; there are: " + list;
    }
  }
  return {};
}

Answer history(Instance& instance, const Call& call) {
  const upkeep::HistoryArguments arguments{call.parameter("series"), call.parameter("upstream"),
                                           call.parameter("type"),   call.parameter("from"),
                                           call.parameter("to"),     call.parameter("step")};
  const auto query = upkeep::read_history_query(arguments, instance.clock().now());
  if (!query) return problem(400, query.error().what);
  if (const auto unknown = unknown_name(instance, *query); !unknown.empty()) return problem(400, unknown);
  Json series = Json::array();
  for (const auto& line : upkeep::read_lines(instance.history(), *query)) series.push_back(line_json(line));
  return json_answer({{"from", query->from}, {"to", query->to}, {"step", query->step}, {"series", std::move(series)}});
}

/// Percent with two places; null without look-ups.
Json ratio(const upkeep::Figures& figures) {
  const auto percent = upkeep::hit_ratio(figures);
  return percent ? Json(std::round(*percent * 100) / 100) : Json(nullptr);
}

void add_latencies(Json& summary, const upkeep::Figures& figures) {
  const auto add = [&](const std::string& name, upkeep::Latency latency) {
    for (const int percent : {50, 95, 99})
      summary[name + "P" + std::to_string(percent) + "Ms"] =
          number(upkeep::quantile(figures[latency], percent / 100.0));
  };
  add("latencyHit", upkeep::Latency::hit);
  add("latencyMiss", upkeep::Latency::miss);
}

Answer summary(Instance& instance) {
  const auto now = instance.clock().now();
  const auto store = instance.store().stats();
  const auto totals = totals_since_start(instance);
  const auto& whole = totals.whole;
  const auto last = [&](std::int64_t seconds) { return instance.history().last(seconds, totals, now).whole; };
  const auto hour = last(3600);
  Json data = {{"status", name_of(upkeep::evaluate(health_inputs(instance)).level)},
               {"hitRatio", ratio(whole)},
               {"hitRatio1m", ratio(last(60))},
               {"hitRatio10m", ratio(last(600))},
               {"hitRatio1h", ratio(hour)},
               {"hitRatio24h", ratio(last(86'400))},
               {"requests", whole.requests()},
               {"upstreamCalls", whole[Figure::upstream_calls]},
               {"callsSaved", metrics::total(instance.proxy().metrics(), &metrics::WorkerCells::calls_saved)},
               {"entries", whole[Figure::entries]},
               {"cacheBytes", store.memory.bytes + store.disk.bytes},
               {"memoryBytes", store.memory.bytes},
               {"memoryMaxBytes", store.memory.max_bytes},
               {"diskBytes", store.disk.bytes},
               {"diskMaxBytes", store.disk.max_bytes},
               {"alerts", instance.monitor().firing().size()},
               {"uptimeSeconds", std::chrono::floor<std::chrono::seconds>(now - instance.started()).count()}};
  add_latencies(data, hour);
  return json_answer(data);
}

}  // namespace

void add_history_calls(Router& router, Instance& instance) {
  using http::Method;
  router.add({Method::get,
              "/api/v1/history",
              {},
              [&instance](const Call& call) { return history(instance, call); },
              Runs::in_pool,
              {.summary = "what was counted over time",
               .parameters = {{"series",
                               "names with commas between them, requests,hit_ratio where it is left out; "
                               "NAME:upstream=U or NAME:type=T for a part"},
                              {"upstream", "of all series"},
                              {"type", "of all series"},
                              {"from", "RFC 3339, Unix seconds, or -1h"},
                              {"to", "the same; now where it is left out"},
                              {"step", "a duration; rounded up to 10s, 1m, 10m or 1h"}},
               .answer = "History"}});
  router.add({Method::get,
              "/api/v1/stats/summary",
              {},
              [&instance](const Call&) { return summary(instance); },
              Runs::in_pool,
              {.summary = "the figures of a small dashboard, flat", .answer = "Summary"}});
}

}  // namespace cachearr::admin

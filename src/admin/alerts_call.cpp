// GET /api/v1/alerts: what fires, and what was resolved lately.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "base/iso_time.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

Json alerts_json(const std::vector<upkeep::Alert>& alerts) {
  Json list = Json::array();
  for (const auto& alert : alerts)
    list.push_back({{"id", alert.id},
                    {"subject", alert.subject},
                    {"severity", name_of(alert.severity)},
                    {"message", alert.message},
                    {"advice", alert.advice},
                    {"since", iso_time(alert.since)},
                    {"resolved", alert.resolved ? Json(iso_time(*alert.resolved)) : Json(nullptr)}});
  return list;
}

/// What makes an alert fire, as the configuration has it.
Json thresholds_json(const CacheConfig& config) {
  return {{"hitRateBelow", config.alert_hit_rate_below},
          {"hitRateAfter", config.alert_after.count() / 1000},
          {"keyHitRateBelow", config.alert_key_hit_rate_below},
          {"memoryAbove", config.alert_memory_above},
          {"maxKeys", config.max_keys}};
}

}  // namespace

void add_alerts_call(Router& router, Instance& instance) {
  auto answer_with_alerts = [&instance](const Call&) {
    const auto& monitor = instance.monitor();
    const auto snapshot = instance.snapshot();
    return json_answer({{"firing", alerts_json(monitor.firing())},
                        {"recent", alerts_json(monitor.recent())},
                        {"thresholds", thresholds_json(snapshot->settings->config.cache)}});
  };
  router.add({http::Method::get,
              "/api/v1/alerts",
              {},
              std::move(answer_with_alerts),
              Runs::on_loop,
              {.summary = "what fires, and what was resolved lately", .answer = "Alerts"}});
}

}  // namespace cachearr::admin

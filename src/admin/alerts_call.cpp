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

}  // namespace

void add_alerts_call(Router& router, Instance& instance) {
  auto answer_with_alerts = [&instance](const Call&) {
    const auto& monitor = instance.monitor();
    return json_answer({{"firing", alerts_json(monitor.firing())}, {"recent", alerts_json(monitor.recent())}});
  };
  router.add({http::Method::get,
              "/api/v1/alerts",
              {},
              std::move(answer_with_alerts),
              Runs::on_loop,
              {.summary = "what fires, and what was resolved lately", .answer = "Alerts"}});
}

}  // namespace cachearr::admin

#include "admin/calls.hpp"
#include "admin/gather.hpp"
#include "admin/metrics_text.hpp"

namespace cachearr::admin {

void add_metrics_call(Router& router, Instance& instance, const ApiCounters& counters) {
  auto answer_with_metrics = [&instance, &counters](const Call&) {
    auto readings = metrics_readings(instance);
    readings.api_invalidations = counters.invalidations;
    readings.webhooks = counters.webhooks.readings();
    Answer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_text(readings);
    return answer;
  };
  router.add({http::Method::get,
              std::string{kMetricsPath},
              {Access::open, Effect::none},
              std::move(answer_with_metrics),
              Runs::on_loop,
              {.summary = "Prometheus' text format",
               .answer = "text/plain; version=0.0.4; charset=utf-8",
               .failures = {401}}});
}

}  // namespace cachearr::admin

#include "admin/calls.hpp"
#include "admin/metrics_families.hpp"
#include "base/log.hpp"

namespace cachearr::admin {

void add_metrics_call(Router& router, Instance& instance, const Tally& tally) {
  auto answer_with_metrics = [&instance, &tally](const Call&) {
    Readings readings;
    readings.counts = count(instance.proxy().metrics());
    readings.store = instance.store().stats();
    readings.upstreams = standings(instance);
    readings.now = instance.clock().now();
    readings.process = process_figures();
    readings.api_invalidations = tally.invalidations;
    readings.dropped_log_lines = log::dropped_lines();
    readings.last_reload_taken = instance.last_reload().taken;
    Answer answer;
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_text(readings);
    return answer;
  };
  router.add(
      {http::Method::get, std::string{kMetricsPath}, {Access::open, Effect::none}, std::move(answer_with_metrics)});
}

}  // namespace cachearr::admin

// GET /api/v1/upstreams: tokens, queues, quotas, pauses, breakers and connections of the upstreams.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/gather.hpp"
#include "admin/upstream_json.hpp"

namespace cachearr::admin {

namespace {

Answer list_upstreams(Instance& instance) {
  auto list = nlohmann::ordered_json::array();
  const auto now = instance.clock().now();
  for (const auto& upstream : upstream_statuses(instance)) list.push_back(upstream_json(upstream, now));
  return json_answer({{"upstreams", std::move(list)}});
}

}  // namespace

void add_upstreams_call(Router& router, Instance& instance) {
  router.add({http::Method::get,
              "/api/v1/upstreams",
              {},
              [&instance](const Call&) { return list_upstreams(instance); },
              Runs::in_pool,
              {.summary = "tokens, queues, quotas, pauses, breakers and connections", .answer = "Upstreams"}});
}

}  // namespace cachearr::admin

// The upstreams: their tokens, queues, quotas, pauses, breakers and connections; and what an operator does to one.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/gather.hpp"
#include "admin/request_json.hpp"
#include "admin/upstream_action.hpp"
#include "admin/upstream_json.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;

Json list_of(Instance& instance) {
  Json list = Json::array();
  const auto now = instance.clock().now();
  for (const auto& upstream : upstream_statuses(instance)) list.push_back(upstream_json(upstream, now));
  return list;
}

Answer change(Instance& instance, const Call& call) {
  const auto& name = call.captures.at(0);
  const auto body = read_object(call);
  if (!body) return body.error();
  const auto action = read_action(*body);
  if (!action) return problem(400, action.error().what);
  const bool is_mode = action->paused || action->mode;
  const bool is_named = instance.snapshot()->rules->upstream_named(name) != nullptr;
  const auto changes = is_mode && !is_named ? std::nullopt : act_on(instance, name, *action);
  if (!changes) return problem(404, "no rule names an upstream like this; GET /api/v1/upstreams lists them");
  Json answer = {{"name", name}, {"changes", *changes}};
  for (auto& upstream : list_of(instance))
    if (upstream["name"] == name) answer["upstream"] = std::move(upstream);
  return json_answer(answer);
}

}  // namespace

void add_upstreams_call(Router& router, Instance& instance) {
  using http::Method;
  const auto list = [&instance](const Call&) { return json_answer({{"upstreams", list_of(instance)}}); };
  router.add({Method::get,
              "/api/v1/upstreams",
              {},
              list,
              Runs::in_pool,
              {.summary = "tokens, queues, quotas, pauses, breakers and connections", .answer = "Upstreams"}});
  router.add({Method::post,
              "/api/v1/upstreams/{}",
              {Access::key, Effect::json},
              [&instance](const Call& call) { return change(instance, call); },
              Runs::in_pool,
              {.summary = "pauses an upstream, chooses its mode, forgives it; until the next reload",
               .answer = "UpstreamChanged",
               .body = "UpstreamAction",
               .failures = {404},
               .captures = {"name"}}});
}

}  // namespace cachearr::admin

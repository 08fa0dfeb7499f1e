// GET /api/v1/upstreams: tokens, queues, quotas, pauses, breakers and connections of the upstreams.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/upstream_words.hpp"

namespace cachearr::admin {

void add_upstreams_call(Router& router, Instance& instance) {
  router.add({http::Method::get, "/api/v1/upstreams", {}, [&instance](const Call&) {
                auto list = nlohmann::ordered_json::array();
                const auto now = instance.clock().now();
                for (const auto& standing : standings(instance)) list.push_back(standing_json(standing, now));
                return json_answer({{"upstreams", std::move(list)}});
              }});
}

}  // namespace cachearr::admin

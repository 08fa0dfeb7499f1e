// GET /api/v1/openapi.json: the API's description of itself.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/openapi.hpp"

namespace cachearr::admin {

void add_openapi_call(Router& router, Instance& instance) {
  router.add({http::Method::get,
              "/api/v1/openapi.json",
              {},
              [&router, &instance](const Call&) {
                const auto snapshot = instance.snapshot();
                return json_answer(openapi(router.routes(), snapshot->settings->config.admin.url_base));
              },
              Runs::in_pool,
              {.summary = "this description", .answer = "Description"}});
}

}  // namespace cachearr::admin

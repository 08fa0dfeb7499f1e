// GET /api/v1/openapi.json: the API's description of itself.
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/openapi.hpp"

namespace cachearr::admin {

void add_openapi_call(Router& router) {
  router.add({http::Method::get,
              "/api/v1/openapi.json",
              {},
              [&router](const Call&) { return json_answer(openapi(router.routes())); },
              Runs::in_pool,
              {.summary = "this description", .answer = "Description"}});
}

}  // namespace cachearr::admin

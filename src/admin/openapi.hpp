// The API's description of itself (OpenAPI 3.1), made from the table by which calls are found. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>

#include "admin/router.hpp"

namespace cachearr::admin {

nlohmann::ordered_json openapi(std::span<const Route> routes, const std::string& base = {});

/// The JSON text of all schemas that a CallDoc may name, by name.
std::string_view openapi_schemas() noexcept;

}  // namespace cachearr::admin

// The limits of upstreams as the API's answers write them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "upkeep/upstream_status.hpp"

namespace cachearr::admin {

nlohmann::ordered_json upstream_json(const upkeep::UpstreamStatus& upstream, TimePoint now);

}  // namespace cachearr::admin

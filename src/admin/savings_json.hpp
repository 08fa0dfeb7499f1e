// What was saved, as the API tells it. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "upkeep/savings.hpp"

namespace cachearr::admin {

/// Adds calls, bytes, quotaUnits and seconds to an object.
inline nlohmann::ordered_json& add_saved(nlohmann::ordered_json& to, const upkeep::Saved& saved) {
  to["calls"] = saved.calls;
  to["bytes"] = saved.bytes;
  to["quotaUnits"] = saved.quota_units;
  to["seconds"] = static_cast<double>(saved.milliseconds) / 1000;
  return to;
}

}  // namespace cachearr::admin

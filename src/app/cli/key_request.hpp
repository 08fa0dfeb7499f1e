// What the commands on keys share. Main thread only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "app/cli/command.hpp"
#include "base/result.hpp"

namespace cachearr::app {

/// "/api/v1/keys/series%3A1"
std::string path_of_key(const std::string& key);

/// The JSON object that the running instance answers with; the error says why there is none.
Result<nlohmann::ordered_json> ask_for_json(const Invocation& invocation, const AdminRequest& request);

}  // namespace cachearr::app

// Recorded requests and seen clients as the API tells them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "client/client_table.hpp"
#include "client/recorded_request.hpp"

namespace cachearr::admin {

nlohmann::ordered_json recorded_json(const client::RecordedRequest& request);
/// `untouched`: hosts to which this address is tunnelled now, since it did not believe the local authority there.
nlohmann::ordered_json client_json(const client::SeenClient& client, const std::vector<std::string>& untouched);

}  // namespace cachearr::admin

// Requests as rows that people read. Pure but for the local time zone.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cachearr::app {

std::string request_table_head();
/// One line of what the API tells of a request; `colours`: for a terminal.
std::string request_row(const nlohmann::ordered_json& request, bool colours);

/// The same with fewer columns, so that the URL begins early.
std::string short_request_head();
std::string short_request_row(const nlohmann::ordered_json& request, bool colours);

}  // namespace cachearr::app

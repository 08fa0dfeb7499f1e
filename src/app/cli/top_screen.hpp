// What `cachearr top` shows, as lines of a screen. Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/terminal.hpp"

namespace cachearr::app {

/// Answers of the admin API, as they came last.
struct TopData {
  nlohmann::ordered_json summary;    // /api/v1/stats/summary
  nlohmann::ordered_json upstreams;  // the list of /api/v1/upstreams
  nlohmann::ordered_json requests;   // the list of /api/v1/requests, newest first
  std::optional<double> per_second;  // requests since the look before; none: there was none
  std::string problem;               // why the last look failed; empty: it did not
};

/// At most `size.rows` lines of at most `size.columns` characters.
std::vector<std::string> top_screen(const TopData& data, ScreenSize size, bool colours);

/// The first `columns` characters of a line; sequences that colour count for nothing.
std::string fit(const std::string& line, std::size_t columns);

}  // namespace cachearr::app

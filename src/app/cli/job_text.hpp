// Jobs as lines of text. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace cachearr::app {

/// 0 to 100.
int percent_of(const nlohmann::ordered_json& job);
/// "job 3  series  running  120/600 (20 %)  60.5 a minute, ends about 2023-11-14T22:13:20Z"
std::string job_line(const nlohmann::ordered_json& job);
/// "[######..............] 120/600  20 %  60.5 a minute, ends about 2023-11-14T22:13:20Z"
std::string progress_bar(const nlohmann::ordered_json& job);

}  // namespace cachearr::app

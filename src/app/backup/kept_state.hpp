// What the program keeps from run to run: savings and history, each under a name. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cachearr::app::backup {

/// Under which names it is kept.
std::vector<std::string> kept_states();
/// True where the program would read these bytes under that name.
bool is_kept_state(std::string_view name, std::string_view bytes);

}  // namespace cachearr::app::backup

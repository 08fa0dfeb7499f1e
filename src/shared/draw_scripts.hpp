// The scripts of the shared limits, from the files in scripts/, which are part of the program. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace cachearr::shared {

std::string_view script_now_of_server() noexcept;
std::string_view script_now_of_argument() noexcept;
std::string_view script_lane() noexcept;
std::string_view script_draw() noexcept;
std::string_view script_seed() noexcept;
std::string_view script_pause() noexcept;

/// A script as it is sent. `clock`: what tells it the time.
inline std::string lane_script(std::string_view what, std::string_view clock = script_now_of_server()) {
  return std::string{clock}.append(script_lane()).append(what);
}

}  // namespace cachearr::shared

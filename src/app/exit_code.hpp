// The exit codes of the program, as sysexits.h numbers them where it has one. Scripts and systemd rely on them.
#pragma once

namespace cachearr::app {

inline constexpr int exit_ok = 0;
inline constexpr int exit_no = 1;              // the answer is "no", or a request failed
inline constexpr int exit_usage = 2;           // the command line is wrong
inline constexpr int exit_unavailable = 69;    // could not start: port in use, store locked
inline constexpr int exit_configuration = 78;  // configuration or rules are invalid

}  // namespace cachearr::app

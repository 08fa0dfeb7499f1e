// Configuration from everywhere it may stand, merged: flag before environment before file before default.
//
// Called at start, at each reload and by `check`, on the main thread. Reads files; keeps nothing.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/config.hpp>

#include "base/position.hpp"

namespace cachearr::app {

/// Where settings come from. Everything is given, so that a test can stand for the whole machine.
struct ConfigSources {
  std::string file;  // --config; empty: default_file if it exists
  std::string default_file = "/etc/cachearr/cachearr.json";
  std::map<std::string, std::string> environment;  // all variables of the process
  std::vector<std::string> listen;                 // --listen ADDRESS:PORT, instead of the configured listeners
  std::string log_level;                           // --log-level
  std::vector<std::string> resolve;                // --resolve HOST:PORT:ADDRESS[:PORT]
  // For a file that is not in its place yet: where its relative paths start (empty: where it lies), and paths of rules
  // that will be there with it.
  std::string folder{};
  std::vector<std::string> coming_rules{};
};

/// The variables of this process.
std::map<std::string, std::string> process_environment();

/// As far as it goes: what is wrong keeps its default, and its problem is appended. Paths in the result are absolute.
Config read_config(const ConfigSources& sources, Problems& problems);

/// None where there is any problem; every problem is appended, not just the first. Paths in the result are absolute.
std::optional<Config> load_config(const ConfigSources& sources, Problems& problems);

}  // namespace cachearr::app

// The sources of settings, laid over each other: each layer writes what it knows into the builder and reports the
// rest. For load_config() only; one thread.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include <cachearr/config.hpp>

#include "app/config/load_config.hpp"
#include "base/position.hpp"

namespace cachearr::app {

/// A list of objects as it was given, so that a variable can change a member of one.
struct GivenList {
  nlohmann::json members = nlohmann::json::array();
  std::string folder;      // where its relative paths start
  std::string changed_by;  // the variable that changed it last; empty: none
  Problems problems;       // of what was given; gone where that was changed
};

/// A configuration while it is being put together.
struct ConfigBuilder {
  Config config;
  Problems problems;
  std::string folder;  // where relative paths of the file start; empty: where it lies
  /// Where each setting was last given, by path: a contradiction between two settings is reported at one of them.
  std::map<std::string, Position> set_at;
  std::map<std::string, GivenList> lists;  // by path

  void report(const std::string& setting, std::string message);
  bool has_problem_at(const Position& at) const;
};

/// Reads the whole configuration file `path` into the builder. False: it is not there, or no object of settings.
bool apply_file(const std::string& path, ConfigBuilder& builder);
/// CACHEARR__… and, where those do not name the same, the names that users bring along (REDIS_URL, CACHE_TTL_…).
void apply_environment(const std::map<std::string, std::string>& environment, ConfigBuilder& builder);
/// --listen, --log-level, --resolve.
void apply_flags(const ConfigSources& sources, ConfigBuilder& builder);

}  // namespace cachearr::app

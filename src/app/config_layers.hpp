// The sources of settings, laid over each other: each layer writes what it knows into the draft and complains about the
// rest. For load_config() only; one thread.
#pragma once

#include <map>
#include <string>

#include <cachearr/config.hpp>

#include "app/config_file.hpp"
#include "base/position.hpp"

namespace cachearr::app {

/// A configuration while it is being put together.
struct Draft {
  Config config;
  Problems problems;
  /// Where each setting was last given, by path: a contradiction between two settings is reported at one of them.
  std::map<std::string, Position> given_at;

  void complain(const std::string& setting, std::string message);
};

/// Reads the whole configuration file `path` into the draft.
void apply_file(const std::string& path, Draft& draft);
/// CACHEARR__… and, where those do not name the same, the names that users bring along (REDIS_URL, CACHE_TTL_…).
void apply_environment(const std::map<std::string, std::string>& environment, Draft& draft);
/// --listen, --log-level, --resolve.
void apply_flags(const ConfigSources& sources, Draft& draft);

}  // namespace cachearr::app

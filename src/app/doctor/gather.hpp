// Looks up what findings_of() judges: the configuration and the rules as they lie on disk, this machine, the running
// instance, and where it is wanted the upstreams. Blocking; main thread of a command.
#pragma once

#include <functional>
#include <string>

#include "app/config/load_config.hpp"
#include "app/doctor/facts.hpp"
#include "base/result.hpp"

namespace cachearr::app::doctor {

struct GatherOptions {
  ConfigSources sources;
  bool offline = false;  // asks no upstream
  bool all = false;      // asks also the upstreams that nobody has used
  /// What the running instance answers to a call (GET): the body; the error where there is no instance.
  std::function<Result<std::string>(const std::string& target)> ask;
};

Facts gather(const GatherOptions& options);

/// The type of the file system behind a path, by the number that statfs(2) gives; empty: not known.
std::string filesystem_of(long type);

}  // namespace cachearr::app::doctor

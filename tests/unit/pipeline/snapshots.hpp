// Configuration snapshots from a configuration and rules in one text.
#pragma once

#include <gtest/gtest.h>
#include <string_view>
#include <utility>

#include "pipeline/config_snapshot.hpp"
#include "rules/load/load.hpp"

namespace cachearr::test {

inline pipeline::SnapshotPtr snapshot_of(std::string_view rules, Config config = {}) {
  Problems problems;
  pipeline::ConfigSnapshot parts;
  parts.settings = pipeline::compile_settings(config, problems);
  parts.rules = rules::load_text(rules, "rules.json", problems);
  for (const auto& problem : problems) ADD_FAILURE() << to_string(problem);
  return pipeline::make_snapshot(std::move(parts));
}

inline Config denying_unknown_hosts() {
  Config config;
  config.access.allow_unknown_hosts = false;
  return config;
}

}  // namespace cachearr::test

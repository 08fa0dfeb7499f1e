// What a worker serves by, from a configuration and rules in one text.
#pragma once

#include <gtest/gtest.h>
#include <string_view>
#include <utility>

#include "proxy/settings.hpp"

namespace cachearr::proxy::test {

inline Regime regime_of(std::string_view rules, Config config = {}) {
  Problems problems;
  Regime regime;
  regime.settings = compile_settings(config, problems);
  regime.rules = rules::load_text(rules, "rules.json", problems);
  for (const auto& problem : problems) ADD_FAILURE() << to_string(problem);
  return regime;
}

inline Config denying_unknown_hosts() {
  Config config;
  config.access.allow_unknown_hosts = false;
  return config;
}

}  // namespace cachearr::proxy::test

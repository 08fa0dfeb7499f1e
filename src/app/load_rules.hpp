// The rules that a configuration names, checked together with it. Main thread; reads files.
#pragma once

#include <memory>

#include <cachearr/config.hpp>

#include "base/position.hpp"
#include "rules/load/load.hpp"

namespace cachearr::app {

/// The configured and the shipped rules. Null where there is any problem in them, or where a listener names an upstream
/// that they do not have; every problem is appended. `instead`: what files hold in place of what is on disk.
std::shared_ptr<const rules::RuleSet> load_rules(const Config& config, Problems& problems,
                                                 const rules::FileTexts& instead = {});

}  // namespace cachearr::app

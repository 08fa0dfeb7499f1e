// One polite request to an upstream: HEAD of its root, without credentials, so that it counts against no account.
// Blocking; any thread.
#pragma once

#include <string>

#include <cachearr/config.hpp>

#include "app/doctor/facts.hpp"
#include "rules/upstream.hpp"

namespace cachearr::app::doctor {

/// REQUIRES: the upstream has an origin.
Probe probe(const rules::Upstream& upstream, const Config& config);

}  // namespace cachearr::app::doctor

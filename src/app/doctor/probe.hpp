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
/// What listens at "host:port" is an instance of this program: its page answers, or its proxy names itself.
bool is_cachearr(const std::string& address);

}  // namespace cachearr::app::doctor

// Which upstreams mean the same for every instance, so that what is known of them may be shared. Pure.
#pragma once

#include "pipeline/request_context.hpp"

namespace cachearr::pipeline {

/// The rules' word; without one, whether its origin is no private one: two homes each have a http://sonarr:8989.
bool is_shared(const rules::Upstream& upstream) noexcept;
/// The same of where this request goes, be it named by the rules or not.
bool is_shared(const RequestContext& context) noexcept;

}  // namespace cachearr::pipeline

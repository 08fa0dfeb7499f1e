// What browsers may be made to ask of private upstreams: a foreign page must reach them neither by a name that it lets
// lead here (DNS rebinding) nor by a form that it sends across sites. Pure.
#pragma once

#include <optional>

#include "http/message.hpp"
#include "pipeline/route.hpp"

namespace cachearr::pipeline {

/// For requests that come to us as if we were the origin. Public origins are everybody's anyway.
std::optional<Refusal> judge_site(const ConfigSnapshot& snapshot, const http::RequestHead& request, const Route& route);

}  // namespace cachearr::pipeline

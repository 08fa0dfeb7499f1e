#include "pipeline/sharing.hpp"

#include "base/ip_address.hpp"

namespace cachearr::pipeline {

bool is_shared(const rules::Upstream& upstream) noexcept {
  if (upstream.shared) return *upstream.shared;
  return !upstream.origin_host.empty() && !upstream.origin_is_private && !ip::is_private_host(upstream.origin_host);
}

bool is_shared(const RequestContext& context) noexcept {
  const auto* const upstream = context.verdict.upstream;
  if (upstream && upstream->shared) return *upstream->shared;
  const auto& route = context.route;
  return !ip::is_private_host(route.target.host) &&
         (route.connect_host.empty() || !ip::is_private_host(route.connect_host));
}

}  // namespace cachearr::pipeline

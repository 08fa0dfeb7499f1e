#include "fetch/endpoint.hpp"

namespace cachearr::fetch {

namespace {

/// A name that an outsider controls must not lead into the network behind this proxy.
origin::Endpoint guarded(const pipeline::RequestContext& context) {
  const auto* const upstream = context.verdict.upstream;
  origin::Endpoint endpoint;
  endpoint.allow_private = context.snapshot->settings->may_be_private(upstream != nullptr);
  if (upstream) endpoint.parent = upstream->proxy;
  return endpoint;
}

}  // namespace

origin::Endpoint endpoint_of(const pipeline::RequestContext& context) {
  auto endpoint = guarded(context);
  endpoint.scheme = context.route.connect_scheme;
  endpoint.host = context.route.connect_host;
  endpoint.port = context.route.connect_port;
  if (const auto* const upstream = context.verdict.upstream) {
    endpoint.verify = upstream->tls_verify;
    endpoint.ca_file = upstream->tls_ca_file;
    endpoint.server_name = upstream->tls_server_name;
  }
  return endpoint;
}

origin::Endpoint tunnel_endpoint_of(const pipeline::RequestContext& context) {
  auto endpoint = guarded(context);
  endpoint.scheme = "http";
  endpoint.host = context.route.target.host;
  endpoint.port = context.route.target.port;
  endpoint.tunnel = true;
  return endpoint;
}

}  // namespace cachearr::fetch

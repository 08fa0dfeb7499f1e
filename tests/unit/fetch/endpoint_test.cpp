#include "fetch/endpoint.hpp"

#include <gtest/gtest.h>
#include <vector>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::fetch {
namespace {

pipeline::SnapshotPtr snapshot_with(PrivateUpstreams allowed) {
  Config config;
  config.access.private_upstreams = allowed;
  return test::snapshot_of(R"({"upstreams": {}})", config);
}

TEST(AnEndpoint, MayBePrivateWhereTheSettingsSaySoForFetchesAndTunnelsAlike) {
  struct Case {
    PrivateUpstreams allowed;
    bool named, may;
  };
  const std::vector<Case> cases{{PrivateUpstreams::named, true, true},  {PrivateUpstreams::named, false, false},
                                {PrivateUpstreams::allow, false, true}, {PrivateUpstreams::allow, true, true},
                                {PrivateUpstreams::deny, true, false},  {PrivateUpstreams::deny, false, false}};
  const rules::Upstream upstream;
  for (const auto& row : cases) {
    pipeline::RequestContext context;
    context.verdict.upstream = row.named ? &upstream : nullptr;
    context.snapshot = snapshot_with(row.allowed);
    EXPECT_EQ(endpoint_of(context).allow_private, row.may);
    EXPECT_EQ(tunnel_endpoint_of(context).allow_private, row.may);
  }
}

TEST(AnEndpoint, IsWhereTheRouteLeadsAndForATunnelWhatTheClientNamed) {
  rules::Upstream upstream;
  upstream.proxy = "http://parent:3128";
  upstream.tls_verify = false;
  upstream.tls_server_name = "inner.test";
  pipeline::RequestContext context;
  context.verdict.upstream = &upstream;
  context.route.connect_scheme = "https";
  context.route.connect_host = "origin.test";
  context.route.connect_port = 8443;
  context.route.target.host = "api.test";
  context.route.target.port = 443;
  context.snapshot = snapshot_with(PrivateUpstreams::named);
  const auto origin = endpoint_of(context);
  EXPECT_EQ(origin::pool_name(origin), "https|origin.test|inner.test||http://parent:3128|8443|unverified");
  EXPECT_FALSE(origin.tunnel);
  const auto tunnel = tunnel_endpoint_of(context);
  EXPECT_TRUE(tunnel.tunnel);
  EXPECT_EQ(tunnel.host, "api.test");
  EXPECT_EQ(tunnel.port, 443);
  EXPECT_EQ(tunnel.parent, "http://parent:3128");
}

}  // namespace
}  // namespace cachearr::fetch

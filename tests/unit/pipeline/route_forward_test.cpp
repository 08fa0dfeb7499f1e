#include <gmock/gmock.h>

#include "unit/pipeline/routed.hpp"

namespace cachearr::pipeline {
namespace {

using test::Asked;
using test::snapshot_of;
using ::testing::HasSubstr;

class ForwardRoute : public test::RouteTest {};

TEST_F(ForwardRoute, OfAnUnknownHostLeadsThere) {
  const auto way = this->way("GET http://Some.Where.test/a?b=c", "some.where.test");
  ASSERT_TRUE(way.ok) << way.detail;
  EXPECT_EQ(way.upstream(), "");
  EXPECT_EQ(way.dialled(), "http://some.where.test:80");
  EXPECT_EQ(way.route.host_field, "some.where.test");
  EXPECT_EQ(way.route.target.path, "/a");
  EXPECT_EQ(way.route.target.query, "b=c");
  EXPECT_TRUE(way.route.as_proxy());
}

TEST_F(ForwardRoute, KeepsAnotherPort) {
  const auto way = this->way("GET http://some.where.test:8080/", "some.where.test:8080");
  EXPECT_EQ(way.dialled(), "http://some.where.test:8080");
  EXPECT_EQ(way.route.host_field, "some.where.test:8080");
}

TEST_F(ForwardRoute, SpeaksTlsForHttpsTargets) {
  const auto way = this->way("GET https://some.where.test/", "some.where.test");
  EXPECT_EQ(way.dialled(), "https://some.where.test:443");
  EXPECT_EQ(way.route.host_field, "some.where.test");
}

TEST_F(ForwardRoute, OfAnUnknownHostMayBeForbidden) {
  snapshot_ = snapshot_of(test::kUpstreams, test::denying_unknown_hosts());
  EXPECT_EQ(way("GET http://some.where.test/", "some.where.test").refused, 403);
  EXPECT_TRUE(way("GET http://api.tmdb.test/", "api.tmdb.test").ok);
}

TEST_F(ForwardRoute, LeadsWhereTheTargetSaysNotWhereHostSays) {
  const auto way = this->way("GET http://api.tmdb.test/3", "sonarr.test");
  EXPECT_EQ(way.upstream(), "tmdb");
  EXPECT_EQ(way.dialled(), "http://api.tmdb.test:80");
  EXPECT_EQ(way.route.host_field, "api.tmdb.test");
}

TEST_F(ForwardRoute, OfAHostWithoutOriginKeepsItsScheme) {
  EXPECT_EQ(way("GET http://www.tmdb.test/3", "www.tmdb.test").dialled(), "http://www.tmdb.test:80");
  EXPECT_EQ(way("GET https://www.tmdb.test/3", "www.tmdb.test").dialled(), "https://www.tmdb.test:443");
}

TEST_F(ForwardRoute, OfAHostWithAnOriginLeadsToThat) {
  const auto way = this->way("GET http://sonarr.test/api/v3?x", "sonarr.test");
  ASSERT_TRUE(way.ok) << way.detail;
  EXPECT_EQ(way.upstream(), "sonarr");
  EXPECT_EQ(way.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(way.route.target.path, "/base/api/v3");
  EXPECT_EQ(way.route.host_field, "sonarr.test");
  EXPECT_EQ(way.route.target.host, "sonarr.test");
}

TEST_F(ForwardRoute, OfTheOriginsOwnPortLeadsToTheOrigin) {
  const auto way = this->way("GET http://sonarr.test:8989/api", "sonarr.test");
  EXPECT_EQ(way.upstream(), "sonarr");
  EXPECT_EQ(way.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(way.route.host_field, "sonarr.test");
}

TEST_F(ForwardRoute, HasOneHostFieldForAllThatIsStoredUnderOneName) {
  snapshot_ = snapshot_of(R"({"upstreams": {
    "own": {"hosts": ["own.test"], "origin": "http://own.test:8989", "mount": "/own"},
    "alias": {"hosts": ["alias.test"], "origin": "http://10.0.0.5:8989", "mount": "/alias"}}})");
  for (const auto* const start : {"GET http://own.test/x", "GET http://own.test:8989/x", "GET /own/x"})
    EXPECT_EQ(way(start).route.host_field, "own.test:8989") << start;
  EXPECT_EQ(way("GET /x", "own.test:9797").route.host_field, "own.test:8989");
  for (const auto* const start : {"GET http://alias.test/x", "GET http://alias.test:8989/x", "GET /alias/x"})
    EXPECT_EQ(way(start).route.host_field, "alias.test") << start;
  EXPECT_EQ(way("GET /x", "alias.test:9797").route.host_field, "alias.test");
}

TEST_F(ForwardRoute, FindsAnUpstreamByItsOriginsOwnAddress) {
  snapshot_ = snapshot_of(R"({"upstreams": {
    "prowlarr": {"origin": "http://nas:9696", "mount": "/prowlarr"},
    "sonarr": {"origin": "http://nas:80/sonarr", "mount": "/s"},
    "second": {"origin": "http://nas:80/sonarr/second", "mount": "/t"}}})");
  EXPECT_EQ(way("GET http://nas:9696/api").upstream(), "prowlarr");
  EXPECT_EQ(way("GET http://nas:9696/api").route.target.path, way("GET /prowlarr/api").route.target.path);
  EXPECT_EQ(way("GET http://nas:9696/api").route.host_field, "nas:9696");
  EXPECT_EQ(way("GET http://nas/sonarr/api").upstream(), "sonarr");
  EXPECT_EQ(way("GET http://nas/sonarr/api").route.target.path, "/sonarr/api");
  EXPECT_EQ(way("GET http://nas/sonarr/second/api").upstream(), "second");
  for (const auto* const start : {"GET http://nas/other", "GET http://nas/sonarrs", "GET https://nas:9696/api",
                                  "GET http://nas:9697/api", "GET http://other:9696/api"})
    EXPECT_EQ(way(start).upstream(), "") << start;
}

TEST_F(ForwardRoute, OfAnyOtherPortIsForAnotherServer) {
  const auto way = this->way("GET http://sonarr.test:9999/api", "sonarr.test:9999");
  ASSERT_TRUE(way.ok);
  EXPECT_EQ(way.upstream(), "");
  EXPECT_EQ(way.dialled(), "http://sonarr.test:9999");
  EXPECT_EQ(way.route.target.path, "/api");
  snapshot_ = snapshot_of(test::kUpstreams, test::denying_unknown_hosts());
  EXPECT_EQ(this->way("GET http://sonarr.test:9999/api", "sonarr.test:9999").refused, 403);
}

TEST_F(ForwardRoute, IsNamedTheSameBySchemeOfTheOrigin) {
  const auto by_http = way("GET http://api.wild.test/x", "api.wild.test");
  const auto by_https = way("GET https://api.wild.test/x", "api.wild.test");
  EXPECT_EQ(by_http.dialled(), "https://api4.wild.test:443");
  EXPECT_EQ(by_http.dialled(), by_https.dialled());
  EXPECT_EQ(by_http.route.target.scheme, by_https.route.target.scheme);
  EXPECT_EQ(by_http.route.target.port, by_https.route.target.port);
  EXPECT_EQ(by_http.route.host_field, "api.wild.test");
}

TEST_F(ForwardRoute, DoesNotTakeAMountedPathForAMount) {
  const auto way = this->way("GET http://some.where.test/tmdb/3", "some.where.test");
  EXPECT_EQ(way.upstream(), "");
  EXPECT_EQ(way.route.target.path, "/tmdb/3");
}

TEST_F(ForwardRoute, OfTheProxysOwnNameLeadsNowhere) {
  EXPECT_EQ(way("GET http://cachearr.internal/x", "cachearr.internal").refused, 404);
}

TEST_F(ForwardRoute, OfAnAmbiguousRequestIsRefused) {
  EXPECT_EQ(way(Asked{"GET /", ""}).refused, 400);
  EXPECT_EQ(way(Asked{"GET /", "Host: a.test\r\nHost: a.test\r\n"}).refused, 400);
  EXPECT_EQ(way("GET ftp://a.test/", "a.test").refused, 400);
  EXPECT_EQ(way("GET http://u:p@a.test/", "a.test").refused, 400);
  EXPECT_EQ(way("GET http://a.test/#x", "a.test").refused, 400);
  EXPECT_EQ(way("GET http://a.test:0/", "a.test").refused, 400);
}

TEST_F(ForwardRoute, OfAnUrlIsThatOfTheRequestForIt) {
  Route route;
  ASSERT_TRUE(route_url(*snapshot_, "http://sonarr.test/api?b=1", route));
  EXPECT_EQ(route.upstream->name, "sonarr");
  EXPECT_EQ(route.target.path, "/base/api");
  EXPECT_EQ(route.target.query, "b=1");
  ASSERT_TRUE(route_url(*snapshot_, "https://some.where.test?x", route));
  EXPECT_EQ(route.connect_host, "some.where.test");
  EXPECT_EQ(route.connect_port, 443);
  ASSERT_TRUE(route_url(*snapshot_, "/tmdb/3/tv/1", route));
  EXPECT_EQ(route.upstream->name, "tmdb");
  EXPECT_FALSE(route_url(*snapshot_, "nonsense", route));
  EXPECT_FALSE(route_url(*snapshot_, "", route));
}

}  // namespace
}  // namespace cachearr::pipeline

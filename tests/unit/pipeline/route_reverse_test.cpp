#include <gmock/gmock.h>

#include "unit/pipeline/routed.hpp"

namespace cachearr::pipeline {
namespace {

using test::Asked;
using test::snapshot_of;
using ::testing::HasSubstr;

class ReverseRoute : public test::RouteTest {};

TEST_F(ReverseRoute, ByMountLeadsToTheOriginWithoutIt) {
  const auto way = this->way("GET /tmdb/3/tv?language=de");
  ASSERT_TRUE(way.ok) << way.detail;
  EXPECT_EQ(way.upstream(), "tmdb");
  EXPECT_EQ(way.dialled(), "https://api.tmdb.test:443");
  EXPECT_EQ(way.route.host_field, "api.tmdb.test");
  EXPECT_EQ(way.route.target.host, "api.tmdb.test");
  EXPECT_EQ(way.route.target.scheme, "https");
  EXPECT_EQ(way.route.target.path, "/3/tv");
  EXPECT_EQ(way.route.target.query, "language=de");
  EXPECT_FALSE(way.route.as_proxy());
}

TEST_F(ReverseRoute, ByMountAloneIsForTheRoot) {
  EXPECT_EQ(way("GET /tmdb").route.target.path, "/");
  EXPECT_EQ(way("GET /tmdb/").route.target.path, "/");
  EXPECT_EQ(way("GET /sonarr").route.target.path, "/base/");
}

TEST_F(ReverseRoute, ByMountGetsTheOriginsPathInFront) {
  const auto way = this->way("GET /sonarr/api/v3");
  EXPECT_EQ(way.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(way.route.target.path, "/base/api/v3");
  EXPECT_EQ(way.route.target.host, "sonarr.test");
}

TEST_F(ReverseRoute, ByMountOfAnUpstreamWithoutExactHostNamesTheOrigin) {
  const auto way = this->way("GET /wild/x");
  EXPECT_EQ(way.route.target.host, "api4.wild.test");
  EXPECT_EQ(way.route.host_field, "api4.wild.test");
}

TEST_F(ReverseRoute, DoesNotEndAMountInsideASegment) {
  EXPECT_EQ(way("GET /tmdbx/3").refused, 404);
  EXPECT_EQ(way("GET /").refused, 404);
  EXPECT_EQ(way("GET /TMDB/3").refused, 404);
}

TEST_F(ReverseRoute, SaysHowToAskWhereNothingIsMounted) { EXPECT_THAT(way("GET /x").detail, HasSubstr("HTTP proxy")); }

TEST_F(ReverseRoute, ByHostLeadsToTheOrigin) {
  const auto tmdb = way("GET /3/tv", "api.tmdb.test");
  EXPECT_EQ(tmdb.upstream(), "tmdb");
  EXPECT_EQ(tmdb.dialled(), "https://api.tmdb.test:443");
  EXPECT_FALSE(tmdb.route.as_proxy());
  const auto sonarr = way("GET /api", "sonarr.test");
  EXPECT_EQ(sonarr.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(sonarr.route.target.path, "/base/api");
  EXPECT_EQ(sonarr.route.host_field, "sonarr.test");
  EXPECT_EQ(way("GET /x", "cdn.wild.test").upstream(), "wild");
}

TEST_F(ReverseRoute, ByHostDoesNotNameOurOwnPortToTheOrigin) {
  EXPECT_EQ(way("GET /3", "api.tmdb.test:9797").route.host_field, "api.tmdb.test");
}

TEST_F(ReverseRoute, OfAListenerForOneUpstreamLeadsThereWhateverTheHost) {
  const ListenerInfo listener{"sonarr", false};
  for (const auto* const host : {"localhost:8990", "api.tmdb.test", "[::1]:8990"}) {
    const auto way = this->way("GET /tmdb/api", host, listener);
    EXPECT_EQ(way.upstream(), "sonarr");
    EXPECT_EQ(way.route.target.path, "/base/tmdb/api");
    EXPECT_EQ(way.route.target.host, "sonarr.test");
    EXPECT_FALSE(way.route.as_proxy());
  }
  EXPECT_EQ(way(Asked{"GET /api", "", "1.0"}, listener).upstream(), "sonarr");
}

TEST_F(ReverseRoute, OfAListenerForOneUpstreamTakesAbsoluteTargetsForItsOwn) {
  const auto way = this->way("GET http://evil.test/api", "evil.test", ListenerInfo{"sonarr", false});
  EXPECT_EQ(way.upstream(), "sonarr");
  EXPECT_EQ(way.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(way.route.target.path, "/base/api");
}

TEST_F(ReverseRoute, OfAListenerForOneUpstreamLeavesTheAsteriskAlone) {
  EXPECT_EQ(way("OPTIONS *", "localhost", ListenerInfo{"sonarr", false}).route.target.path, "*");
}

TEST_F(ReverseRoute, OfAListenerWhoseUpstreamIsGoneIsRefused) {
  const auto way = this->way("GET /", "localhost", ListenerInfo{"radarr", false});
  EXPECT_EQ(way.refused, 502);
  EXPECT_THAT(way.detail, HasSubstr("radarr"));
}

TEST_F(ReverseRoute, OfATlsListenerIsByHost) {
  const ListenerInfo listener{"", true};
  const auto way = this->way("GET /tmdb/3", "api.tmdb.test", listener);
  EXPECT_EQ(way.upstream(), "tmdb");
  EXPECT_EQ(way.dialled(), "https://api.tmdb.test:443");
  EXPECT_EQ(way.route.target.path, "/tmdb/3");
}

TEST_F(ReverseRoute, OfATlsListenerIsMisdirectedForUnknownHosts) {
  const ListenerInfo listener{"", true};
  for (const auto* const host : {"some.where.test", "localhost", "tmdb.test", "wild.test"})
    EXPECT_EQ(way("GET /tmdb/3", host, listener).refused, 421) << host;
  EXPECT_EQ(way("GET https://some.where.test/", "some.where.test", listener).refused, 421);
}

class TunnelRoute : public test::RouteTest {
 protected:
  const TunnelTarget tmdb_{"https", "api.tmdb.test", 443};
  const TunnelTarget unknown_{"https", "some.where.test", 8443};
};

TEST_F(TunnelRoute, LeadsWhereTheTunnelWasOpenedTo) {
  const auto context = way("GET /3", "api.tmdb.test", {}, tmdb_);
  EXPECT_EQ(context.upstream(), "tmdb");
  EXPECT_EQ(context.dialled(), "https://api.tmdb.test:443");
  EXPECT_TRUE(context.route.as_proxy());
  const auto unknown = way("GET /3", "some.where.test:8443", {}, unknown_);
  EXPECT_EQ(unknown.dialled(), "https://some.where.test:8443");
  EXPECT_EQ(unknown.route.host_field, "some.where.test:8443");
}

TEST_F(TunnelRoute, OfHttpKeepsItsSchemeAndPort) {
  const TunnelTarget plain{"http", "some.where.test", 80};
  EXPECT_EQ(way("GET /3", "some.where.test", {}, plain).dialled(), "http://some.where.test:80");
}

TEST_F(TunnelRoute, NeedsNoHostInHttp10) {
  EXPECT_EQ(way(Asked{"GET /3", "", "1.0"}, {}, tmdb_).dialled(), "https://api.tmdb.test:443");
}

TEST_F(TunnelRoute, OfAnotherHostIsMisdirected) {
  EXPECT_EQ(way("GET /3", "sonarr.test", {}, tmdb_).refused, 421);
  EXPECT_EQ(way("GET https://sonarr.test/3", "api.tmdb.test", {}, tmdb_).refused, 421);
}

TEST_F(TunnelRoute, OfAMountedPathIsNoMount) {
  const auto way = this->way("GET /sonarr/api", "api.tmdb.test", {}, tmdb_);
  EXPECT_EQ(way.upstream(), "tmdb");
  EXPECT_EQ(way.route.target.path, "/sonarr/api");
}

TEST_F(TunnelRoute, ToAHostWithAnOriginLeadsToThat) {
  const auto way = this->way("GET /api", "sonarr.test", {}, TunnelTarget{"http", "sonarr.test", 80});
  EXPECT_EQ(way.dialled(), "http://192.168.1.5:8989");
  EXPECT_EQ(way.route.target.path, "/base/api");
}

TEST_F(TunnelRoute, ToAnUnknownHostMayBeForbidden) {
  snapshot_ = snapshot_of(test::kUpstreams, test::denying_unknown_hosts());
  EXPECT_EQ(way("GET /", "some.where.test", {}, unknown_).refused, 403);
  EXPECT_TRUE(way("GET /", "api.tmdb.test", {}, tmdb_).ok);
}

}  // namespace
}  // namespace cachearr::pipeline

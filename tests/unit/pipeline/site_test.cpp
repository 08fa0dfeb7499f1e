#include "pipeline/site.hpp"

#include <gtest/gtest.h>
#include <string>

#include "unit/pipeline/heads.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::pipeline {
namespace {

constexpr std::string_view kUpstreams = R"({"upstreams": {
  "sonarr": {"hosts": ["sonarr.example.org"], "origin": "http://192.168.1.5:8989", "mount": "/sonarr"},
  "docker": {"origin": "http://prowlarr:9696", "mount": "/prowlarr"},
  "lan": {"origin": "http://radarr.lan:7878", "mount": "/radarr"},
  "tmdb": {"hosts": ["api.tmdb.test"], "mount": "/tmdb"}
}})";

class SiteTest : public ::testing::Test {
 protected:
  /// 0: served.
  int status(std::string_view start, const std::string& host, const std::string& lines = "",
             const ListenerInfo& listener = {}) const {
    const test::Asked asked{start, "Host: " + host + "\r\n" + lines};
    Route route;
    if (!pipeline::route(*snapshot_, listener, {}, asked.head, route)) return -1;
    const auto refusal = judge_site(*snapshot_, asked.head, route);
    return refusal ? refusal->status : 0;
  }
  static Config with_hosts() {
    Config config;
    config.admin.hosts = {"localhost", "nas.example.net:9797"};
    return config;
  }
  SnapshotPtr snapshot_ = test::snapshot_of(kUpstreams, with_hosts());
};

TEST_F(SiteTest, PrivateUpstreamsAnswerToNamesThatNobodyElseCanGive) {
  for (const auto* const host : {"127.0.0.1:9797", "192.168.1.2", "[::1]:9797", "localhost:9797", "nas", "nas:9797",
                                 "x.localhost", "nas.example.net", "NAS.Example.Net:9797", "sonarr.example.org"}) {
    EXPECT_EQ(status("GET /sonarr/api", host), 0) << host;
    EXPECT_EQ(status("GET /prowlarr/api", host), 0) << host;
  }
}

TEST_F(SiteTest, PrivateUpstreamsAnswerToNoOtherName) {
  for (const auto* const path : {"GET /sonarr/api", "GET /prowlarr/api", "GET /radarr/api", "POST /sonarr/api"})
    for (const auto* const host : {"evil.example", "evil.example:9797", "127.0.0.1.evil.example",
                                   "nas.example.net.evil", "localhost.evil.example"})
      EXPECT_EQ(status(path, host), 421) << path << " at " << host;
}

TEST_F(SiteTest, AnUpstreamsOwnListenerAnswersToEveryNameButChangesNothingForAnotherSite) {
  const ListenerInfo own{"sonarr", false};
  EXPECT_EQ(status("GET /api", "tv.example.com", "", own), 0);
  EXPECT_EQ(status("POST /api", "tv.example.com", "Origin: https://tv.example.com\r\n", own), 0);
  EXPECT_EQ(status("POST /api", "tv.example.com", "Origin: https://evil.example\r\n", own), 403);
  EXPECT_EQ(status("POST /api", "cachearr:8990",
                   "Origin: https://tv.example.com\r\nX-Forwarded-Host: tv.example.com\r\n", own),
            0);
}

TEST_F(SiteTest, PublicUpstreamsAnswerToEveryName) {
  EXPECT_EQ(status("GET /tmdb/3", "any.example.com"), 0);
  EXPECT_EQ(status("POST /tmdb/3", "any.example.com", "Origin: https://else.where\r\n"), 0);
}

TEST_F(SiteTest, AnotherSiteChangesNothingAtAPrivateUpstream) {
  for (const auto* const lines : {"Origin: https://evil.example\r\n", "Origin: null\r\n",
                                  "Sec-Fetch-Site: cross-site\r\n", "Origin: http://localhost:1\r\n"})
    for (const auto* const start : {"POST /sonarr/api", "PUT /prowlarr/api", "DELETE /radarr/x"}) {
      EXPECT_EQ(status(start, "localhost:9797", lines), 403) << start << lines;
      EXPECT_EQ(status(start, "localhost:9797", "Origin: http://localhost:9797\r\nSec-Fetch-Site: same-origin\r\n"), 0);
      EXPECT_EQ(status(start, "localhost:9797"), 0);
    }
  EXPECT_EQ(status("POST /api", "sonarr.example.org", "Origin: https://evil.example\r\n"), 403);
  EXPECT_EQ(status("GET /sonarr/api", "localhost:9797", "Origin: https://evil.example\r\n"), 0);
}

TEST_F(SiteTest, AnotherSiteOpensNoWebSocketToAPrivateUpstream) {
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  EXPECT_EQ(status("GET /sonarr/signalr", "localhost:9797", upgrade + "Origin: https://evil.example\r\n"), 403);
  EXPECT_EQ(status("GET /sonarr/signalr", "localhost:9797", upgrade + "Origin: http://localhost:9797\r\n"), 0);
  EXPECT_EQ(status("GET /sonarr/signalr", "localhost:9797", upgrade), 0);
  EXPECT_EQ(status("GET /tmdb/live", "any.example.com", upgrade + "Origin: https://evil.example\r\n"), 0);
}

TEST_F(SiteTest, WhoeverAsksForAProxyIsNoPageThatWasLedHere) {
  EXPECT_EQ(status("POST http://sonarr.example.org/api", "sonarr.example.org", "Origin: https://evil.example\r\n"), 0);
}

}  // namespace
}  // namespace cachearr::pipeline

#include "pipeline/sharing.hpp"

#include <gtest/gtest.h>

namespace cachearr::pipeline {
namespace {

rules::Upstream upstream_at(std::string host) {
  rules::Upstream upstream;
  upstream.origin_host = std::move(host);
  return upstream;
}

TEST(Sharing, LeavesOutWhatIsElsewhereForEverybodyElse) {
  for (const char* host : {"sonarr", "127.0.0.1", "192.168.1.4", "169.254.1.1", "fd00::1", "nas.local", "nas.lan",
                           "a.internal", "a.home.arpa", "localhost", ""})
    EXPECT_FALSE(is_shared(upstream_at(host))) << host;
  for (const char* host : {"api.themoviedb.org", "1.1.1.1", "2606:4700::1111"})
    EXPECT_TRUE(is_shared(upstream_at(host))) << host;
}

TEST(Sharing, FollowsTheWordOfTheRules) {
  auto home = upstream_at("sonarr");
  home.shared = true;
  EXPECT_TRUE(is_shared(home));
  auto service = upstream_at("api.themoviedb.org");
  service.shared = false;
  EXPECT_FALSE(is_shared(service));
}

TEST(Sharing, OfARequestIsJudgedByItsNameAndByWhereItGoes) {
  RequestContext context;
  context.route.target.host = "api.themoviedb.org";
  context.route.connect_host = "api.themoviedb.org";
  EXPECT_TRUE(is_shared(context));
  context.route.connect_host = "10.0.0.7";
  EXPECT_FALSE(is_shared(context));
  auto upstream = upstream_at("10.0.0.7");
  upstream.shared = true;
  context.verdict.upstream = &upstream;
  EXPECT_TRUE(is_shared(context));
}

}  // namespace
}  // namespace cachearr::pipeline

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "unit/pipeline/snapshots.hpp"
#include "upkeep/feed/event_feeds.hpp"

namespace cachearr::upkeep {
namespace {

class FeedTargets : public testing::Test {
 protected:
  FeedTargets() { write_key("one\r\n"); }
  ~FeedTargets() override { std::filesystem::remove(key_file_); }

  void write_key(const std::string& key) { std::ofstream{key_file_} << key; }
  std::vector<FeedTarget> targets(const std::string& members) {
    return feed_targets(
        *cachearr::test::snapshot_of(R"({"upstreams": {"app": {)" + members + R"(, "events": "signalr"}}})"));
  }
  std::string key() const { return R"(, "api_key_file": ")" + key_file_ + '"'; }

  const std::string key_file_ = testing::TempDir() + "cachearr-feed-key-" + std::to_string(::getpid());
};

TEST_F(FeedTargets, AreUpstreamsWithAnOriginAndAKey) {
  const auto found = targets(R"("origin": "http://app.test:8989/base", "tls": {"verify": false})" + key());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].upstream, "app");
  EXPECT_EQ(found[0].hub.path, "/base/signalr/messages");
  EXPECT_EQ(found[0].hub.authority, "app.test:8989");
  EXPECT_EQ(found[0].hub.endpoint.port, 8989);
  EXPECT_FALSE(found[0].hub.endpoint.verify);
  EXPECT_FALSE(found[0].hub.endpoint.tunnel);
  EXPECT_TRUE(found[0].hub.key.empty());
  EXPECT_TRUE(targets(R"("origin": "http://app.test:8989")").empty());
  EXPECT_TRUE(targets(R"("hosts": ["*.app.test"])" + key()).empty());
}

TEST_F(FeedTargets, GoThroughATunnelOfTheParent) {
  const auto found = targets(R"("origin": "http://app.test:8989", "proxy": "http://parent.test:3128")" + key());
  EXPECT_TRUE(found.at(0).hub.endpoint.tunnel);
  const auto secure = targets(R"("origin": "https://app.test", "proxy": "http://parent.test:3128")" + key());
  EXPECT_FALSE(secure.at(0).hub.endpoint.tunnel);  // TLS makes one by itself
}

TEST_F(FeedTargets, AreOthersWithAnotherOriginOrKey) {
  const auto origin = [](const char* url) { return R"("origin": ")" + std::string{url} + '"'; };
  const auto before = targets(origin("http://app.test:8989") + key());
  EXPECT_EQ(targets(origin("http://app.test:8989") + R"(, "retries": 3)" + key()), before);
  EXPECT_NE(targets(origin("http://app.test:8990") + key()), before);
  EXPECT_NE(targets(origin("http://app.test:8989/base") + key()), before);
  write_key("one");
  EXPECT_EQ(targets(origin("http://app.test:8989") + key()), before);
  write_key("two");
  EXPECT_NE(targets(origin("http://app.test:8989") + key()), before);
}

}  // namespace
}  // namespace cachearr::upkeep

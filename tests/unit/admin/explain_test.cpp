#include "admin/explain.hpp"

#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRules = R"({
  "upstreams": {
    "tmdb": {"hosts": ["api.test"], "mount": "/tmdb", "origin": "https://api.test"},
    "nas": {"hosts": ["192.168.1.20"]}
  },
  "rules": [{"name": "tv", "upstream": "tmdb", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h"},
    {"name": "film", "upstream": "tmdb", "match": {"path": "/film/{id:int}"}, "key": "film:{id}",
     "ttl": {"fresh": "2h", "learn": {"min": "1h", "max": "1d"}},
     "ttl_from": [{"json": "/status", "equals": "Ended", "ttl": "7d"}, {"json": "/next", "until": "3d", "ttl": "1h"}]}]
})";

/// A proxy that listens on a port of the kernel's choice.
class Explained : public ::testing::Test {
 protected:
  Explained() {
    const auto listening = instance_.proxy().listen();
    EXPECT_TRUE(listening) << listening.error().what;
  }
  static Config config() {
    Config config;
    config.listeners.front().address = "127.0.0.1:0";
    return config;
  }
  nlohmann::json explain(std::string_view url, std::string_view more = "") {
    const Api api{instance_};
    const cachearr::test::Asked asked{"GET /api/v1/explain?url=" + std::string{url} + std::string{more},
                                      "Host: localhost\r\nX-Api-Key: " + std::string{kKey} + "\r\n"};
    auto admitted = api.admit(asked.head, asked.framing, false);
    EXPECT_TRUE(admitted);
    const auto answer = api.run(*admitted, "", {});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
  /// On disk, under the name that the disk was last asked for; fresh for an hour.
  void put_on_disk(std::string_view head, std::uint16_t flags = 0, std::string_view body = "") {
    const std::array<std::string_view, 1> pieces{body};
    store::EntryParts parts;
    parts.body = pieces;
    parts.identity = instance_.store_.looked_for;
    parts.id = hash128(parts.identity);
    parts.key = "tv:5";
    parts.head = head;
    parts.meta.status = 200;
    parts.meta.flags = flags;
    const auto now = instance_.clock_.now().time_since_epoch().count();
    parts.meta.born_ms = parts.meta.stored_ms = now;
    parts.meta.fresh_until_ms = now + 3'600'000;
    instance_.store_.on_disk[instance_.store_.looked_for] = store::make_entry(parts);
  }
  std::string listener() { return instance_.proxy().addresses().front(); }

  QuietInstance instance_{config(), kRules};
};

TEST_F(Explained, ARequestThroughTheProxyIsNamedByItsRule) {
  const auto told = explain("https://api.test/tv/5");
  EXPECT_EQ(told["upstream"], "tmdb");
  EXPECT_EQ(told["rule"], "tv");
  EXPECT_EQ(told["key"], "tv:5");
  EXPECT_EQ(told["decision"], "fetch");
}

TEST_F(Explained, ARequestToAListenerOfOursGoesByItsMount) {
  const auto told = explain("http://" + listener() + "/tmdb/tv/5");
  EXPECT_EQ(told["rule"], "tv");
  EXPECT_EQ(told["origin"], "https://api.test");
}

TEST_F(Explained, NeedsNoWorkerThatRuns) { EXPECT_EQ(explain("https://api.test/tv/5")["decision"], "fetch"); }

TEST_F(Explained, AnUnknownHostAtAPrivateAddressIsRefused) {
  for (const auto* const url : {"http://192.168.1.7/", "http://[::1]/", "http://localhost/"}) {
    const auto told = explain(url);
    EXPECT_EQ(told["decision"], "refuse") << url;
    EXPECT_EQ(told["status"], 403) << url;
    EXPECT_THAT(told["why"].get<std::string>(), HasSubstr("access.private_upstreams")) << url;
  }
}

TEST_F(Explained, AnUpstreamOfTheRulesMayHaveAPrivateAddress) {
  EXPECT_EQ(explain("http://192.168.1.20/")["decision"], "fetch");
}

TEST_F(Explained, AnAnswerThatOnlyTheDiskHasIsAHit) {
  instance_.store_.on_disk["something else"] = {};
  EXPECT_EQ(explain("https://api.test/tv/5")["decision"], "fetch");
  put_on_disk("HTTP/1.1 200 OK\r\n");
  const auto told = explain("https://api.test/tv/5");
  EXPECT_EQ(told["decision"], "serve");
  EXPECT_EQ(told["stored"]["tier"], "disk");
}

TEST_F(Explained, AVariantThatOnlyTheDiskHasIsFoundByItsMarkerThere) {
  instance_.store_.on_disk["something else"] = {};
  explain("https://api.test/tv/5");
  put_on_disk("accept-language", caching::kVaryMarker);
  EXPECT_EQ(explain("https://api.test/tv/5", "&header=Accept-Language:%20de")["decision"], "fetch");
  put_on_disk("HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(explain("https://api.test/tv/5", "&header=Accept-Language:%20de")["decision"], "serve");
  EXPECT_EQ(explain("https://api.test/tv/5", "&header=Accept-Language:%20fr")["decision"], "fetch");
}

TEST_F(Explained, TheContentsThatGiveAnotherTtlAreNamed) {
  const auto told = explain("https://api.test/film/5");
  EXPECT_EQ(told["ttl"], 7200);
  EXPECT_EQ(told["ttlFrom"], nlohmann::json::parse(R"([{"when": "json /status = Ended", "ttl": 604800},
      {"when": "json /next until in 3d", "ttl": 3600}])"));
  EXPECT_EQ(told["ttlLearned"], nlohmann::json::parse(R"({"min": 3600, "max": 86400})"));
  EXPECT_FALSE(explain("https://api.test/tv/5").contains("ttlFrom"));
}

TEST_F(Explained, TheContentThatGaveAStoredAnswerItsTtlIsNamed) {
  instance_.store_.on_disk["something else"] = {};
  explain("https://api.test/film/5");
  put_on_disk("HTTP/1.1 200 OK\r\n", caching::kFromRule, R"({"status": "Ended"})");
  EXPECT_EQ(explain("https://api.test/film/5")["stored"]["lifetimeSource"], "json /status = Ended");
  put_on_disk("HTTP/1.1 200 OK\r\n", caching::kFromRule, R"({"status": "On"})");
  EXPECT_EQ(explain("https://api.test/film/5")["stored"]["lifetimeSource"], "learned")
      << "an hour is not the rule's own";
  put_on_disk("HTTP/1.1 200 OK\r\n", 0, R"({"status": "Ended"})");
  EXPECT_EQ(explain("https://api.test/film/5")["stored"]["lifetimeSource"], "origin");
}

TEST_F(Explained, AWriteGoesPastTheCache) {
  EXPECT_EQ(explain("https://api.test/tv/5", "&method=POST")["decision"], "bypass");
}

}  // namespace
}  // namespace cachearr::admin::test

#include "upkeep/feed/hub_client.hpp"

#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

class HubRedirect : public ::testing::Test {
 protected:
  HubRedirect() {
    from_.endpoint.scheme = "http";
    from_.endpoint.host = "app.test";
    from_.endpoint.port = 8989;
    from_.authority = "app.test:8989";
    from_.path = "/signalr/messages";
    from_.key = "own-key";
  }
  Result<HubAddress> to(const std::string& url, const std::string& token = {}) const {
    Negotiation told;
    told.url = url;
    told.access_token = token;
    return follow(from_, told);
  }
  bool is_refused(const std::string& url, const std::string& token = {}) const { return !to(url, token); }

  HubAddress from_;
};

TEST_F(HubRedirect, IsFollowedOnTheSameHost) {
  const auto there = to("http://app.test:8989/base/hub/?shard=2", "given");
  ASSERT_TRUE(there);
  EXPECT_EQ(there->path, "/base/hub");
  EXPECT_EQ(there->query, "shard=2&");
  EXPECT_EQ(there->key, "given");
  EXPECT_TRUE(there->is_bearer);
  EXPECT_EQ(there->authority, "app.test:8989");
}

TEST_F(HubRedirect, KeepsTheKeyWhereNoOtherIsGiven) {
  const auto there = to("/hub");
  ASSERT_TRUE(there);
  EXPECT_EQ(there->path, "/hub");
  EXPECT_EQ(there->query, "");
  EXPECT_EQ(there->key, "own-key");
  EXPECT_FALSE(there->is_bearer);
}

TEST_F(HubRedirect, NamesTheUsualPortByItsScheme) {
  from_.endpoint.scheme = "https";
  from_.endpoint.port = 443;
  EXPECT_TRUE(to("https://app.test/hub"));
  EXPECT_TRUE(is_refused("http://app.test/hub"));
}

TEST_F(HubRedirect, IsNotFollowedToAnotherHost) {
  for (const auto* const url : {"http://elsewhere.test:8989/hub", "http://app.test/hub", "http://app.test:8990/hub",
                                "https://app.test:8989/hub", "//elsewhere.test/hub", "ftp:/hub",
                                "http://user@app.test:8989/hub", "http://app.test:8989@elsewhere.test/hub"})
    EXPECT_TRUE(is_refused(url)) << url;
}

TEST_F(HubRedirect, IsNotFollowedWhereItCouldNotStandInARequest) {
  for (const auto* const url : {"hub", "/hub x", "/hub\r\nHost: other", "/hub#there", "http://app.test:8989"})
    EXPECT_TRUE(is_refused(url)) << url;
  EXPECT_TRUE(is_refused("/hub", "two words"));
  EXPECT_TRUE(is_refused("/hub", "a\r\nb"));
  EXPECT_TRUE(is_refused("/" + std::string(5000, 'x')));
}

}  // namespace
}  // namespace cachearr::upkeep

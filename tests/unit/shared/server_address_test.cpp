#include "shared/server_address.hpp"

#include <gtest/gtest.h>

namespace cachearr::shared {
namespace {

TEST(ServerAddresses, AreReadAsUsersWriteThem) {
  EXPECT_EQ(*parse_server_address("redis://cache"), (ServerAddress{false, {}, {{"cache", 6379}}, {}, {}, 0, {}}));
  EXPECT_EQ(*parse_server_address("rediss://me:p%40ss@cache:6380/3"),
            (ServerAddress{true, {}, {{"cache", 6380}}, "me", "p@ss", 3, {}}));
  EXPECT_EQ(parse_server_address("redis://:p@cache")->password, "p");
  EXPECT_EQ(parse_server_address("redis://[::1]:7000")->hosts.front(), (ServerHost{"::1", 7000}));
  EXPECT_EQ(*parse_server_address("unix:///run/redis.sock?db=2"),
            (ServerAddress{false, "/run/redis.sock", {}, {}, {}, 2, {}}));
  const auto sentinels = parse_server_address("redis://:p@a:26379,b:26379,c/1?master=mymaster");
  ASSERT_TRUE(sentinels);
  EXPECT_EQ(sentinels->hosts.size(), 3U);
  EXPECT_EQ(sentinels->master, "mymaster");
}

TEST(ServerAddresses, ThatAreNoneSayWhatIsWrong) {
  for (const std::string_view url :
       {"cache:6379", "http://cache", "redis://cache:0", "redis://cache:70000", "redis://a:b:c", "redis://cache/one",
        "redis://cache/99999999", "redis://cache?db=1", "redis://cache?master=", "unix://run/redis.sock"})
    EXPECT_FALSE(parse_server_address(url)) << url;
}

TEST(ServerAddresses, ThatAreNoneAreNotQuotedSinceTheyHoldPasswords) {
  for (const std::string_view url : {"redis://me:sec/ret@cache", "redis://me:sec?ret@cache", "redis://me:ret:ret",
                                     "redis://cache/ret", "redis://cache?ret=1", "redis://:x@cache/ret@b"})
    EXPECT_EQ(parse_server_address(url).error().what.find("ret"), std::string::npos) << url;
  EXPECT_NE(parse_server_address("redis://me:sec/ret@cache").error().what.find("percent-encoded"), std::string::npos);
}

TEST(ServerAddresses, AreShownWithoutSecrets) {
  EXPECT_EQ(parse_server_address("redis://me:secret@[::1],b:1/2?master=m")->shown(),
            "redis://[::1]:6379,b:1/2?master=m");
  EXPECT_EQ(parse_server_address("unix://me:secret@/run/r.sock")->shown(), "unix:///run/r.sock");
}

}  // namespace
}  // namespace cachearr::shared

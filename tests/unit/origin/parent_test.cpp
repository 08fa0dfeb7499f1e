#include "origin/parent.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::origin {
namespace {

using ::testing::IsEmpty;

TEST(AParent, IsNamedByAnUrl) {
  const auto http = parse_parent("http://proxy.lan:8080");
  ASSERT_TRUE(http);
  EXPECT_FALSE(http->socks5);
  EXPECT_EQ(http->host, "proxy.lan");
  EXPECT_EQ(http->port, 8080);
  EXPECT_THAT(http->user, IsEmpty());
  const auto socks = parse_parent("socks5://[fd00::1]:9050/");
  ASSERT_TRUE(socks);
  EXPECT_TRUE(socks->socks5);
  EXPECT_EQ(socks->host, "fd00::1");
  EXPECT_EQ(socks->port, 9050);
}

TEST(AParent, HasTheUsualPortWhereNoneIsSaid) {
  EXPECT_EQ(parse_parent("http://proxy.lan")->port, 3128);
  EXPECT_EQ(parse_parent("http://proxy.lan/")->port, 3128);
  EXPECT_EQ(parse_parent("socks5://proxy.lan")->port, 1080);
  EXPECT_EQ(parse_parent("socks5://u:p@[::1]")->port, 1080);
}

TEST(AParent, MayHaveUserAndPassword) {
  const auto plain = parse_parent("socks5://me:secret@proxy.lan:1080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->user, "me");
  EXPECT_EQ(plain->password, "secret");
  const auto encoded = parse_parent("http://m%40e:s%3Ae%2Fc%40r@proxy.lan");
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->user, "m@e");
  EXPECT_EQ(encoded->password, "s:e/c@r");
  EXPECT_EQ(encoded->host, "proxy.lan");
  const auto alone = parse_parent("http://me@proxy.lan");
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->user, "me");
  EXPECT_THAT(alone->password, IsEmpty());
}

TEST(AParent, MayHaveAnUnencodedPassword) {
  const auto parent = parse_parent("http://me:p@ss:word@proxy.lan:3128");
  ASSERT_TRUE(parent);
  EXPECT_EQ(parent->password, "p@ss:word");
  EXPECT_EQ(parent->host, "proxy.lan");
}

TEST(AParent, WithoutAnUsableUrlIsNone) {
  for (const auto* const url : {"", "proxy.lan:3128", "https://proxy.lan", "socks4://proxy.lan", "http://",
                                "http://:3128", "http://proxy.lan:0", "http://proxy.lan:65536", "http://proxy.lan/path",
                                "http://a b", "socks5://[::1", "http://me:secret@", "HTTP//proxy.lan"})
    EXPECT_FALSE(parse_parent(url)) << url;
}

TEST(AParent, HasNoLongerNamesThanSocksCanCarry) {
  const std::string longest(255, 'x');
  EXPECT_TRUE(parse_parent("socks5://" + longest + ":" + longest + "@proxy.lan"));
  EXPECT_FALSE(parse_parent("socks5://" + longest + "x:y@proxy.lan"));
  EXPECT_FALSE(parse_parent("socks5://x:" + longest + "y@proxy.lan"));
}

TEST(AParentsCredentials, AreBasicOnes) {
  EXPECT_EQ(basic_credentials(*parse_parent("http://Aladdin:open%20sesame@proxy.lan")),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic_credentials(*parse_parent("http://me@proxy.lan")), "Basic bWU6");
  EXPECT_THAT(basic_credentials(*parse_parent("http://proxy.lan")), IsEmpty());
}

}  // namespace
}  // namespace cachearr::origin

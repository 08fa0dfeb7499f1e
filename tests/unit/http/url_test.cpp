#include "http/url.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::http {
namespace {

TEST(Url, IsTakenApartAsItStands) {
  const auto parts = split_url("HTTPS://user:pw@Api.Test:8443/a%2Fb//c?x=1&y=http://b.test/?#top?");
  EXPECT_EQ(parts.scheme, "HTTPS");
  EXPECT_EQ(parts.authority, "user:pw@Api.Test:8443");
  EXPECT_EQ(parts.userinfo(), "user:pw");
  EXPECT_EQ(parts.host_port(), "Api.Test:8443");
  EXPECT_EQ(parts.path, "/a%2Fb//c");
  EXPECT_EQ(parts.query, "x=1&y=http://b.test/?");
  EXPECT_EQ(parts.fragment, "top?");
  EXPECT_EQ(parts.tail, "/a%2Fb//c?x=1&y=http://b.test/?#top?");
  EXPECT_TRUE(parts.is_absolute());
}

TEST(Url, WithoutAPathHasAnEmptyOne) {
  EXPECT_EQ(split_url("http://a.test").path, "");
  EXPECT_EQ(split_url("http://a.test?q").path, "");
  EXPECT_EQ(split_url("http://a.test?q").query, "q");
  EXPECT_EQ(split_url("http://a.test#f").authority, "a.test");
  EXPECT_EQ(split_url("http://a.test#f").fragment, "f");
}

TEST(Url, TellsAnEmptyPartFromNone) {
  EXPECT_EQ(split_url("/a?").query, "");
  EXPECT_EQ(split_url("/a").query, std::nullopt);
  EXPECT_EQ(split_url("/a#").fragment, "");
  EXPECT_EQ(split_url("/a").fragment, std::nullopt);
  EXPECT_EQ(split_url("http:///a").authority, "");
  EXPECT_EQ(split_url("http:/a").authority, std::nullopt);
  EXPECT_EQ(split_url("http://@a.test/").userinfo(), "");
  EXPECT_EQ(split_url("http://a.test:/").host_port(), "a.test:");
}

TEST(Url, HasItsHostBehindTheLastAtSign) {
  EXPECT_EQ(split_url("http://good.test@evil.test/").host_port(), "evil.test");
  EXPECT_EQ(split_url("http://a@b@evil.test/").host_port(), "evil.test");
  EXPECT_EQ(split_url("http://a.test/@b").host_port(), "a.test");
  EXPECT_EQ(split_url("http://a.test?@b").host_port(), "a.test");
}

TEST(Url, KeepsTheBracketsOfAnIpv6Address) {
  EXPECT_EQ(split_url("http://[2001:db8::1]:81/a").host_port(), "[2001:db8::1]:81");
  EXPECT_EQ(split_url("http://u@[::1]").host_port(), "[::1]");
  EXPECT_EQ(split_url("http://[::1/a").host_port(), "[::1");
}

TEST(Url, MayBeRelative) {
  EXPECT_EQ(split_url("//b.test/a").authority, "b.test");
  EXPECT_EQ(split_url("//b.test/a").scheme, "");
  EXPECT_FALSE(split_url("//b.test/a").is_absolute());
  EXPECT_EQ(split_url("/a?u=http://b.test/").path, "/a");
  EXPECT_EQ(split_url("/a?u=http://b.test/").authority, std::nullopt);
  EXPECT_EQ(split_url("a/b:c").path, "a/b:c");
  EXPECT_EQ(split_url("?q").query, "q");
  EXPECT_EQ(split_url("").path, "");
}

TEST(Url, HasNoSchemeThatIsNone) {
  for (const auto* const url : {"1a:b", ":b", "://b.test", "a b:c", "a%3A:b", "\xC3\xA4:b", "a\x01:b"})
    EXPECT_EQ(split_url(url).scheme, "") << url;
  EXPECT_EQ(split_url("mailto:a@b.test").scheme, "mailto");
  EXPECT_FALSE(split_url("mailto:a@b.test").is_absolute());
  EXPECT_EQ(split_url("a.test:80/b").scheme, "a.test");
}

TEST(Url, TakesABackslashForNoSlash) {
  EXPECT_EQ(split_url("http:\\\\b.test/").authority, std::nullopt);
  EXPECT_EQ(split_url("/\\b.test/").authority, std::nullopt);
  EXPECT_EQ(split_url("http://a.test\\@b.test/").host_port(), "b.test");
}

TEST(Url, LeavesControlBytesWhereTheyAre) {
  EXPECT_EQ(split_url("http://a\t.test/\r\nb").authority, "a\t.test");
  EXPECT_EQ(split_url(std::string_view{"/a\0b", 4}).path.size(), 4U);
}

TEST(Url, APathNamesNoHost) {
  const auto parts = split_path("//a.test/b?c#d");
  EXPECT_EQ(parts.authority, std::nullopt);
  EXPECT_EQ(parts.path, "//a.test/b");
  EXPECT_EQ(parts.query, "c");
  EXPECT_EQ(parts.fragment, "d");
  EXPECT_EQ(split_path("a:b").path, "a:b");
}

TEST(Origin, NamesAnAuthorityAndNothingElse) {
  EXPECT_EQ(authority_of_origin("http://localhost:9798"), "localhost:9798");
  EXPECT_EQ(authority_of_origin("https://[::1]"), "[::1]");
  for (const auto* const origin : {"null", "", "localhost", "//localhost", "http://a.test/", "http://a.test?",
                                   "http://", "http://a.test#", "http://u@a.test"})
    EXPECT_EQ(authority_of_origin(origin), "") << origin;
}

/// "host path?query", or "elsewhere".
std::string resolved(std::string_view reference) {
  Target base;
  base.scheme = "https";
  base.host = "a.test";
  base.port = 443;
  base.path = "/v1/items";
  base.query = "page=2";
  base.has_query = true;
  Target into;
  if (!resolve_on_same_origin(reference, base, into)) return "elsewhere";
  return into.host + " " + into.path + (into.has_query ? "?" + into.query : "");
}

TEST(Reference, IsResolvedOnTheSameOrigin) {
  EXPECT_EQ(resolved("https://A.test:443/x?y#z"), "a.test /x?y");
  EXPECT_EQ(resolved("https://a.test"), "a.test /");
  EXPECT_EQ(resolved("https://a.test?q"), "a.test /?q");
  EXPECT_EQ(resolved("//a.test/x"), "a.test /x");
  EXPECT_EQ(resolved("/x"), "a.test /x");
  EXPECT_EQ(resolved("5/parts?all"), "a.test /v1/5/parts?all");
  EXPECT_EQ(resolved("?page=3"), "a.test /v1/items?page=3");
  EXPECT_EQ(resolved("#end"), "a.test /v1/items?page=2");
}

TEST(Reference, MayHoldAnotherUrlInItsQuery) {
  EXPECT_EQ(resolved("/login?to=http://b.test/x"), "a.test /login?to=http://b.test/x");
  EXPECT_EQ(resolved("login?to=//b.test"), "a.test /v1/login?to=//b.test");
}

TEST(Reference, ToAnotherOriginIsNotFollowed) {
  for (const auto* const reference :
       {"https://b.test/x", "//b.test/x", "https://a.test@b.test/", "https://u@a.test/x", "https://a.test\\@b.test/",
        "mailto:x@a.test", "https:///x", "https:/x", "", "http://a.test/x", "https://a.test:8443/x", "//a.test:80/x"})
    EXPECT_EQ(resolved(reference), "elsewhere") << reference;
}

}  // namespace
}  // namespace cachearr::http

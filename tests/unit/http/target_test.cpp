#include "http/target.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

RequestHead head_of(std::string_view method, std::string_view target, std::string_view host, int minor_version = 1) {
  RequestHead head;
  head.method = method_of(method);
  head.method_text = method;
  head.target = target;
  head.minor_version = minor_version;
  if (!host.empty()) head.fields.add("Host", host);
  return head;
}

Target read(std::string_view method, std::string_view target, std::string_view host, int minor_version = 1) {
  Target into;
  const auto result = read_target(head_of(method, target, host, minor_version), "http", into);
  EXPECT_TRUE(result.ok()) << target << ": " << (result.ok() ? "" : result.error().what);
  return into;
}

bool refused(const RequestHead& head) {
  Target into;
  const auto result = read_target(head, "http", into);
  return !result.ok() && !result.error().what.empty();
}

TEST(Target, OriginFormTakesHostAndPortFromHost) {
  const auto target = read("GET", "/3/tv/1?language=en&x=%2f", "API.Example.Org:8080");
  EXPECT_EQ(target.form, TargetForm::origin);
  EXPECT_EQ(target.scheme, "http");
  EXPECT_EQ(target.host, "api.example.org");
  EXPECT_EQ(target.port, 8080);
  EXPECT_EQ(target.path, "/3/tv/1");
  EXPECT_EQ(target.query, "language=en&x=%2f");
  EXPECT_TRUE(target.has_query);
}

TEST(Target, OriginFormMeansTheSchemeOfTheListener) {
  Target into;
  ASSERT_TRUE(read_target(head_of("GET", "/", "a.test"), "https", into).ok());
  EXPECT_EQ(into.scheme, "https");
  EXPECT_EQ(into.port, 443);
}

TEST(Target, AbsoluteFormBringsItsOwnSchemeAndHost) {
  const auto target = read("GET", "HTTPS://Api.Test/a/b", "api.test");
  EXPECT_EQ(target.form, TargetForm::absolute);
  EXPECT_EQ(target.scheme, "https");
  EXPECT_EQ(target.host, "api.test");
  EXPECT_EQ(target.port, 443);
  EXPECT_EQ(target.path, "/a/b");
  EXPECT_FALSE(target.has_query);
}

TEST(Target, AnAbsoluteTargetWithoutPathMeansTheRoot) {
  EXPECT_EQ(read("GET", "http://a.test", "a.test").path, "/");
  const auto target = read("GET", "http://a.test?q=http://b.test/", "a.test");
  EXPECT_EQ(target.path, "/");
  EXPECT_EQ(target.query, "q=http://b.test/");
}

TEST(Target, OptionsWithoutPathMeansTheWholeServer) {
  EXPECT_EQ(read("OPTIONS", "http://a.test", "a.test").path, "*");
  EXPECT_EQ(read("OPTIONS", "http://a.test/", "a.test").path, "/");
}

TEST(Target, AnAbsoluteTargetWinsOverAHostThatSaysOtherwise) {
  EXPECT_EQ(read("GET", "http://a.test/", "b.test").host, "a.test");
  EXPECT_EQ(read("GET", "http://a.test/", "b.test", 0).host, "a.test");
  EXPECT_EQ(read("GET", "http://a.test:80/", "a.test").port, 80);
}

TEST(Target, AuthorityFormIsForConnectAndNeedsAPort) {
  const auto target = read("CONNECT", "a.test:443", "a.test:443");
  EXPECT_EQ(target.form, TargetForm::authority);
  EXPECT_EQ(target.scheme, "");
  EXPECT_EQ(target.host, "a.test");
  EXPECT_EQ(target.port, 443);
  EXPECT_EQ(read("CONNECT", "a.test:443", "", 0).host, "a.test");
  EXPECT_EQ(read("CONNECT", "[::1]:443", "[::1]").host, "::1");
}

TEST(Target, AsteriskFormIsForOptions) {
  const auto target = read("OPTIONS", "*", "a.test");
  EXPECT_EQ(target.form, TargetForm::asterisk);
  EXPECT_EQ(target.path, "*");
  EXPECT_EQ(target.host, "a.test");
}

TEST(Target, Http10MayLackHost) {
  EXPECT_EQ(read("GET", "/a", "", 0).host, "");
  EXPECT_EQ(read("GET", "http://a.test/a", "", 0).host, "a.test");
}

TEST(Target, PercentEncodingAndDotSegmentsAreLeftAlone) {
  EXPECT_EQ(read("GET", "/a%2Fb/../%0d%0aX;c//d", "a.test").path, "/a%2Fb/../%0d%0aX;c//d");
}

TEST(Target, AnEmptyQueryIsNotNoQuery) {
  const auto target = read("GET", "/a?", "a.test");
  EXPECT_TRUE(target.has_query);
  EXPECT_EQ(target.query, "");
}

TEST(Target, ATargetIsWrittenOverWholly) {
  Target into = read("GET", "http://a.test:81/a?b", "a.test");
  ASSERT_TRUE(read_target(head_of("CONNECT", "b.test:443", "b.test"), "http", into).ok());
  EXPECT_EQ(into.scheme + into.path + into.query, "");
  EXPECT_FALSE(into.has_query);
}

struct Bad {
  std::string_view method;
  std::string_view target;
  std::string_view host;
  int minor_version = 1;
};

class BadTargetTest : public testing::TestWithParam<Bad> {};

TEST_P(BadTargetTest, IsRefused) {
  const auto& [method, target, host, minor_version] = GetParam();
  EXPECT_TRUE(refused(head_of(method, target, host, minor_version))) << method << ' ' << target << " Host: " << host;
}

INSTANTIATE_TEST_SUITE_P(Forms, BadTargetTest,
                         testing::Values(Bad{"GET", "", "a.test"}, Bad{"GET", "*", "a.test"},
                                         Bad{"GET", "a.test:443", "a.test"}, Bad{"GET", "a/b", "a.test"},
                                         Bad{"GET", "?a", "a.test"}, Bad{"GET", "ftp://a.test/", "a.test"},
                                         Bad{"GET", "http:/a.test/", "a.test"}, Bad{"GET", "http:a", "a.test"},
                                         Bad{"GET", "://a.test/", "a.test"}, Bad{"GET", "file:///etc/passwd", "a.test"},
                                         Bad{"GET", "http:///a", "a.test"}, Bad{"GET", "http://:80/", "a.test"},
                                         Bad{"GET", "http://?a", "a.test"}, Bad{"CONNECT", "a.test", "a.test"},
                                         Bad{"CONNECT", "/a", "a.test"}, Bad{"CONNECT", "http://a.test:443/", "a.test"},
                                         Bad{"CONNECT", "a.test:", "a.test"}, Bad{"CONNECT", "a.test:443/", "a.test"},
                                         Bad{"CONNECT", "*", "a.test"}, Bad{"CONNECT", ":443", "a.test"},
                                         Bad{"CONNECT", "u:p@a.test:443", "a.test"},
                                         Bad{"CONNECT", "a.test:443:443", "a.test"}));

INSTANTIATE_TEST_SUITE_P(Bytes, BadTargetTest,
                         testing::Values(Bad{"GET", "/a b", "a.test"}, Bad{"GET", "/a\tb", "a.test"},
                                         Bad{"GET", "/a\rb", "a.test"},
                                         Bad{"GET", std::string_view("/\0x", 3), "a.test"},
                                         Bad{"GET", "/\x7F", "a.test"}, Bad{"GET", "/\xC3\xA4", "a.test"},
                                         Bad{"GET", "/a#b", "a.test"}, Bad{"GET", "http://a.test/#", "a.test"}));

INSTANTIATE_TEST_SUITE_P(
    Hosts, BadTargetTest,
    testing::Values(Bad{"GET", "/", ""}, Bad{"GET", "http://a.test/", ""}, Bad{"CONNECT", "a.test:443", ""},
                    Bad{"GET", "/", "a b"}, Bad{"GET", "/", "a/b"}, Bad{"GET", "/", "a@b"}, Bad{"GET", "/", "u:p@a"},
                    Bad{"GET", "/", "a,b"}, Bad{"GET", "/", "a..b"}, Bad{"GET", "/", ".a"}, Bad{"GET", "/", "."},
                    Bad{"GET", "/", "a.."}, Bad{"GET", "/", "a%62"}, Bad{"GET", "/", "127.0.0.%366"},
                    Bad{"GET", "/", "a?b"}, Bad{"GET", "/", "a\x01"}, Bad{"GET", "/", "\xC3\xA4.test"},
                    Bad{"GET", "/", "a:0"}, Bad{"GET", "/", "a:65536"}, Bad{"GET", "/", "a:99999999999999999999"},
                    Bad{"GET", "/", "a:-1"}, Bad{"GET", "/", "a:+80"}, Bad{"GET", "/", "a:80x"},
                    Bad{"GET", "/", "a:80:80"}, Bad{"GET", "/", ":80"}, Bad{"GET", "/", "http://a"},
                    Bad{"GET", "http://a.test/", "b c"}, Bad{"GET", "http://a.test/", "b:0"},
                    Bad{"GET", "http://u:p@a.test/", "a.test"}, Bad{"GET", "http://@a.test/", "a.test"},
                    Bad{"GET", "http://a.test:65536/", "a.test"}, Bad{"GET", "http://a.test\\b/", "a.test"},
                    Bad{"GET", "http://127.0.0.%366/", "a.test"}, Bad{"CONNECT", "a.test:443", "b c"},
                    Bad{"GET", "/", "a b", 0}));

INSTANTIATE_TEST_SUITE_P(Brackets, BadTargetTest,
                         testing::Values(Bad{"GET", "/", "::1"}, Bad{"GET", "/", "[::1"}, Bad{"GET", "/", "[::1]x"},
                                         Bad{"GET", "/", "[]"}, Bad{"GET", "/", "[a]"}, Bad{"GET", "/", "[1.2.3.4]"},
                                         Bad{"GET", "/", "[::1]:x"}, Bad{"GET", "/", "[fe80::1%25eth0]"},
                                         Bad{"GET", "/", "[::12345]"}, Bad{"GET", "/", "[v1.a]"},
                                         Bad{"GET", "/", "[1:2:3:4:5:6:7:8:9]"}, Bad{"GET", "/", "x[::1]"}));

TEST(Target, TwoHostsAreRefusedInEveryVersion) {
  auto head = head_of("GET", "/", "a.test");
  head.fields.add("Host", "a.test");
  EXPECT_TRUE(refused(head));
  head.minor_version = 0;
  EXPECT_TRUE(refused(head));
}

TEST(Target, AnEmptyHostIsInvalid) {
  auto head = head_of("GET", "/", "");
  head.fields.add("Host", "");
  EXPECT_TRUE(refused(head));
}

TEST(Target, OneIpv6AddressHasOneSpelling) {
  EXPECT_EQ(read("GET", "/", "[0:0::0:1]:81").host, "::1");
  EXPECT_EQ(read("GET", "/", "[::FFFF:127.0.0.66]").host, "::ffff:127.0.0.66");
  EXPECT_EQ(read("GET", "/", "[2001:DB8::A]").host, "2001:db8::a");
}

TEST(Target, ATrailingDotIsTakenOff) { EXPECT_EQ(read("GET", "/", "a.test.:81").host, "a.test"); }

TEST(Target, AnEmptyPortIsTheDefault) { EXPECT_EQ(read("GET", "/", "a.test:").port, 80); }

TEST(Target, NamesAreBounded) {
  EXPECT_EQ(read("GET", "/", std::string(63, 'a') + ".test").host.size(), 68U);
  EXPECT_TRUE(refused(head_of("GET", "/", std::string(64, 'a') + ".test")));
  std::string name;
  while (name.size() < 260) name += "abcdefghi.";
  EXPECT_TRUE(refused(head_of("GET", "/", name + "test")));
}

TEST(Authority, LeavesOutTheDefaultPort) {
  EXPECT_EQ(authority_of("http", "a.test", 80), "a.test");
  EXPECT_EQ(authority_of("https", "a.test", 443), "a.test");
  EXPECT_EQ(authority_of("https", "a.test", 80), "a.test:80");
  EXPECT_EQ(authority_of("", "a.test", 443), "a.test:443");
  EXPECT_EQ(authority_of("http", "a.test", 0), "a.test");
  EXPECT_EQ(authority_of("http", "::1", 8080), "[::1]:8080");
}

TEST(Authority, HostAndPortAreSplit) {
  EXPECT_EQ(parse_host_port("A.test")->host, "a.test");
  EXPECT_EQ(parse_host_port("A.test")->port, 0);
  EXPECT_EQ(parse_host_port("a_b:1")->port, 1);
  EXPECT_EQ(parse_host_port("[::1]:65535")->port, 65535);
  EXPECT_FALSE(parse_host_port("").ok());
  EXPECT_FALSE(parse_host_port("a:b").ok());
}

TEST(LooksLikeIp, EveryNotationOfAnAddressIsOne) {
  for (const auto* const host : {"127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.0.1.",
                                 "::1", "::ffff:127.0.0.1", "1.2.3.4.5", "0X7F000001", "999.999"}) {
    EXPECT_TRUE(looks_like_ip(host)) << host;
  }
  for (const auto* const host : {"", "a.test", "127.0.0.1.nip.test", "1a", "0xg", "localhost", "a.1x", "cafe"}) {
    EXPECT_FALSE(looks_like_ip(host)) << host;
  }
}

}  // namespace
}  // namespace cachearr::http

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/origin/tunnel_through.hpp"

namespace cachearr::origin {
namespace {

using test::open;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kEstablished = "HTTP/1.1 200 Connection established\r\n\r\n";

TEST(AnHttpTunnel, OpensByConnect) {
  for (const bool byte_by_byte : {false, true}) {
    const auto opened = open({"http://proxy.lan"}, kEstablished, byte_by_byte);
    EXPECT_TRUE(opened.ok) << opened.problem;
    EXPECT_EQ(opened.asked, "CONNECT api.example.org:443 HTTP/1.1\r\nHost: api.example.org:443\r\n\r\n");
    EXPECT_THAT(opened.left, IsEmpty());
  }
}

TEST(AnHttpTunnel, BringsCredentials) {
  const auto opened = open({"http://Aladdin:open%20sesame@proxy.lan"}, kEstablished);
  EXPECT_TRUE(opened.ok);
  EXPECT_THAT(opened.asked, HasSubstr("\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
}

TEST(AnHttpTunnel, PutsAnIpv6AddressInBrackets) {
  const auto opened = open({"http://proxy.lan", "2001:db8::1", 8443}, kEstablished);
  EXPECT_THAT(opened.asked, HasSubstr("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"));
}

TEST(AnHttpTunnel, OpensWithEverySuccessHoweverTheParentWordsIt) {
  for (const auto* const answer : {"HTTP/1.0 200 OK\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 204 Fine\r\n\r\n",
                                   "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nProxy-Agent: x\r\n\r\n"}) {
    const auto opened = open({"http://proxy.lan"}, answer + std::string{"first bytes"});
    EXPECT_TRUE(opened.ok) << opened.problem;
    EXPECT_EQ(opened.left, "first bytes");
  }
}

TEST(AnHttpTunnel, IsRefusedWithAnyOtherStatus) {
  for (const auto* const status : {"301", "403", "407", "502", "503"}) {
    const auto opened =
        open({"http://me:secret@proxy.lan"}, std::string{"HTTP/1.1 "} + status + " No\r\nContent-Length: 0\r\n\r\n");
    EXPECT_FALSE(opened.ok);
    EXPECT_THAT(opened.problem, HasSubstr(status));
    EXPECT_THAT(opened.problem, Not(HasSubstr("secret")));
  }
}

TEST(AnHttpTunnel, IsNoneWhereTheParentSpeaksAnotherLanguage) {
  for (const auto* const answer : {"SSH-2.0-x\r\n\r\n", "\x05\x01", "HTTP/1.1 200 OK\nA: b\n\n", "ICY 200 OK\r\n\r\n"})
    EXPECT_THAT(open({"http://proxy.lan"}, answer).problem, HasSubstr("does not speak HTTP")) << answer;
}

TEST(AnHttpTunnel, IsNoneWhereTheParentEndsTheConnectionAnywhere) {
  for (std::size_t size = 0; size < kEstablished.size(); ++size) {
    const auto opened = open({"http://proxy.lan"}, kEstablished.substr(0, size));
    EXPECT_FALSE(opened.ok) << "after " << size;
    EXPECT_THAT(opened.problem, HasSubstr("ended the connection"));
  }
}

TEST(AnHttpTunnel, TellsHowTheParentsConnectionFailed) {
  net::test::Pump pump;
  net::test::MemoryStream broken{pump.worker};
  broken.ends_with(net::IoError{net::IoError::Kind::other, EHOSTUNREACH});
  EXPECT_EQ(test::finish(pump, broken, {"http://proxy.lan"}).problem,
            "the parent proxy ended the connection (No route to host)");
  net::test::MemoryStream silent{pump.worker};
  silent.ends_with(net::IoError::timed_out);
  EXPECT_EQ(test::finish(pump, silent, {"socks5://proxy.lan"}).problem, "the SOCKS5 parent did not answer in time");
}

TEST(AnHttpTunnel, IsNoneWhereTheAnswerHasNoEnd) {
  const auto opened = open({"http://proxy.lan"}, "HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x'));
  EXPECT_FALSE(opened.ok);
}

}  // namespace
}  // namespace cachearr::origin

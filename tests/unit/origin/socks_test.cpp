#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/origin/tunnel_through.hpp"

namespace cachearr::origin {
namespace {

using namespace std::string_literals;
using test::open;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kRequest = "\x05\x01\x00\x03\x0f"s + "api.example.org" + "\x01\xbb"s;
const std::string kNoPassword = "\x05\x00"s;
const std::string kWithPassword = "\x05\x02"s;
const std::string kGranted = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s;

TEST(ASocksTunnel, OpensWithoutPassword) {
  for (const bool byte_by_byte : {false, true}) {
    const auto opened = open({"socks5://proxy.lan"}, kNoPassword + kGranted, byte_by_byte);
    EXPECT_TRUE(opened.ok) << opened.problem;
    EXPECT_EQ(opened.asked, "\x05\x01\x00"s + kRequest);
    EXPECT_THAT(opened.left, IsEmpty());
  }
}

TEST(ASocksTunnel, OpensWithUserAndPassword) {
  for (const bool byte_by_byte : {false, true}) {
    const auto opened = open({"socks5://me:secret@proxy.lan"}, kWithPassword + "\x01\x00"s + kGranted, byte_by_byte);
    EXPECT_TRUE(opened.ok) << opened.problem;
    EXPECT_EQ(opened.asked, "\x05\x02\x00\x02"s + "\x01\x02me\x06secret" + kRequest);
  }
}

TEST(ASocksTunnel, OpensWithoutPasswordWhereTheParentWantsNone) {
  const auto opened = open({"socks5://me:secret@proxy.lan"}, kNoPassword + kGranted);
  EXPECT_TRUE(opened.ok) << opened.problem;
  EXPECT_THAT(opened.asked, Not(HasSubstr("secret")));
}

TEST(ASocksTunnel, OpensWhateverAddressTheParentTells) {
  const auto v6 = "\x05\x00\x00\x04"s + std::string(16, 'a') + "\x04\x38";
  const auto name = "\x05\x00\x00\x03\x05"s + "proxy" + "\x04\x38";
  for (const auto& answer : {kGranted, v6, name}) {
    const auto opened = open({"socks5://proxy.lan"}, kNoPassword + answer + "first bytes");
    EXPECT_TRUE(opened.ok) << opened.problem;
    EXPECT_EQ(opened.left, "first bytes");
  }
}

TEST(ASocksTunnel, IsAskedForAddressesAsSuch) {
  EXPECT_THAT(open({"socks5://proxy.lan", "192.0.2.1", 80}, kNoPassword + kGranted).asked,
              EndsWith("\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50"s));
  EXPECT_THAT(open({"socks5://proxy.lan", "2001:db8::1", 80}, kNoPassword + kGranted).asked,
              EndsWith("\x05\x01\x00\x04\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01\x00\x50"s));
}

TEST(ASocksTunnel, TellsWhatTheParentTells) {
  const std::pair<char, const char*> codes[] = {
      {1, "general failure"}, {2, "not allowed"}, {3, "network unreachable"},   {4, "host unreachable"},
      {5, "refused"},         {6, "TTL expired"}, {7, "request not supported"}, {'\xff', "request not supported"}};
  for (const auto& [code, words] : codes) {
    const auto opened =
        open({"socks5://proxy.lan"}, kNoPassword + "\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s);
    EXPECT_FALSE(opened.ok);
    EXPECT_THAT(opened.problem, HasSubstr(words));
  }
}

TEST(ASocksTunnel, IsRefusedWithAWrongPassword) {
  const auto opened = open({"socks5://me:secret@proxy.lan"}, kWithPassword + "\x01\x01"s);
  EXPECT_FALSE(opened.ok);
  EXPECT_THAT(opened.problem, HasSubstr("refused user and password"));
  EXPECT_THAT(opened.problem, Not(HasSubstr("secret")));
}

TEST(ASocksTunnel, NeedsThePasswordThatTheParentWants) {
  EXPECT_THAT(open({"socks5://proxy.lan"}, kWithPassword).problem, HasSubstr("not configured"));
  EXPECT_THAT(open({"socks5://proxy.lan"}, "\x05\xff"s).problem, HasSubstr("not configured"));
  EXPECT_THAT(open({"socks5://me:secret@proxy.lan"}, "\x05\x01"s).problem, HasSubstr("not configured"));
}

TEST(ASocksTunnel, IsNoneWhereTheParentSpeaksAnotherLanguage) {
  EXPECT_THAT(open({"socks5://proxy.lan"}, "HTTP/1.1 400 Bad Request\r\n\r\n").problem, HasSubstr("SOCKS5"));
  EXPECT_THAT(open({"socks5://proxy.lan"}, "\x00\x5a"s).problem, HasSubstr("SOCKS5"));
  EXPECT_FALSE(open({"socks5://proxy.lan"}, kNoPassword + "\x04\x00\x00\x01\x7f\x00\x00\x01\x04\x38"s).ok);
  EXPECT_FALSE(open({"socks5://proxy.lan"}, kNoPassword + "\x05\x00\x00\x02\x7f\x00\x00\x01\x04\x38"s).ok);
}

TEST(ASocksTunnel, IsNoneWhereTheParentEndsTheConnectionAnywhere) {
  const auto whole = kWithPassword + "\x01\x00"s + kGranted;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto opened = open({"socks5://me:secret@proxy.lan"}, whole.substr(0, size));
    EXPECT_FALSE(opened.ok) << "after " << size;
    EXPECT_THAT(opened.problem, Not(IsEmpty()));
  }
}

TEST(ASocksTunnel, IsNotAskedForANameThatSocksCannotCarry) {
  const auto longest = std::string(255, 'x');
  EXPECT_TRUE(open({"socks5://proxy.lan", longest}, kNoPassword + kGranted).ok);
  const auto opened = open({"socks5://proxy.lan", longest + 'x'}, kNoPassword + kGranted);
  EXPECT_FALSE(opened.ok);
  EXPECT_THAT(opened.asked, Not(HasSubstr("xxx")));
}

TEST(ASocksTunnel, IsNoneWhereTheConnectionBreaksOnWriting) {
  net::test::Pump pump;
  net::test::MemoryStream stream{pump.worker};
  stream.breaks_on_write();
  EXPECT_FALSE(test::finish(pump, stream, {"socks5://proxy.lan"}).ok);
}

}  // namespace
}  // namespace cachearr::origin

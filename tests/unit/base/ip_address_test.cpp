#include "base/ip_address.hpp"

#include <gtest/gtest.h>

namespace cachearr::ip {
namespace {

Address at(std::string_view text) {
  const auto address = parse_address(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address{});
}
bool range_has(std::string_view range, std::string_view address) {
  const auto parsed = parse_range(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(at(address));
}

TEST(Addresses, OfOneHostAreOneHoweverTheyAreWritten) {
  EXPECT_EQ(at("127.0.0.1"), at("::ffff:127.0.0.1"));
  EXPECT_EQ(at("127.0.0.1"), at("::FFFF:7f00:1"));
  EXPECT_EQ(at("::1"), at("0:0:0:0:0:0:0:1"));
  EXPECT_FALSE(at("::127.0.0.1") == at("127.0.0.1"));
}

TEST(Addresses, AreWrittenInTheirUsualForm) {
  EXPECT_EQ(to_string(at("::ffff:10.0.0.1")), "10.0.0.1");
  EXPECT_EQ(to_string(at("2001:DB8:0::1")), "2001:db8::1");
  EXPECT_TRUE(at("10.0.0.1").is_v4());
  EXPECT_FALSE(at("::a00:1").is_v4());
}

TEST(Addresses, InOtherNotationsAreNone) {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "127.1"sv, "0x7f000001"sv, "2130706433"sv, "127.0.0.1 "sv, "127.0.0.256"sv, "[::1]"sv,
                          "fe80::1%eth0"sv, "localhost"sv, "1.2.3.4.5"sv, "::1::"sv, "127.0.0.1\0x"sv})
    EXPECT_FALSE(parse_address(text)) << text;
}

TEST(Ranges, HoldWhatSharesTheirBits) {
  EXPECT_TRUE(range_has("10.0.0.0/8", "10.255.255.255"));
  EXPECT_FALSE(range_has("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(range_has("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(range_has("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(range_has("192.168.1.128/25", "192.168.1.255"));
  EXPECT_FALSE(range_has("192.168.1.128/25", "192.168.1.127"));
  EXPECT_TRUE(range_has("fe80::/10", "febf::1"));
  EXPECT_FALSE(range_has("fe80::/10", "fec0::1"));
}

TEST(Ranges, OfOneAddressHoldOnlyThat) {
  for (const auto* const range : {"127.0.0.1", "127.0.0.1/32"}) {
    EXPECT_TRUE(range_has(range, "127.0.0.1"));
    EXPECT_FALSE(range_has(range, "127.0.0.2"));
  }
  for (const auto* const range : {"::1", "::1/128"}) {
    EXPECT_TRUE(range_has(range, "::1"));
    EXPECT_FALSE(range_has(range, "::2"));
  }
}

TEST(Ranges, OfV4HoldMappedAddressesToo) {
  EXPECT_TRUE(range_has("127.0.0.0/8", "::ffff:127.1.2.3"));
  EXPECT_TRUE(range_has("::ffff:127.0.0.0/104", "127.1.2.3"));
  EXPECT_FALSE(range_has("::ffff:127.0.0.0/104", "128.0.0.1"));
}

TEST(Ranges, OfEverythingKeepToTheirFamily) {
  EXPECT_TRUE(range_has("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(range_has("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(range_has("::/0", "2001:db8::1"));
}

TEST(Ranges, ThatAreBrokenAreNone) {
  for (const auto* const text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::1/129", "10.0.0.0/8/8",
                                 "10.0.0.0/ 8", "10.0.0.0/a", "10/8", "host/8", "10.0.0.0/99999999999999999999"})
    EXPECT_FALSE(parse_range(text)) << text;
}

TEST(PrivateAddresses, AreAllThatNoPublicHostHas) {
  for (const auto* const text : {"0.0.0.0",
                                 "0.1.2.3",
                                 "10.0.0.1",
                                 "100.64.0.1",
                                 "100.127.255.255",
                                 "127.0.0.1",
                                 "127.8.8.8",
                                 "169.254.169.254",
                                 "172.16.0.1",
                                 "172.31.0.1",
                                 "192.168.0.1",
                                 "192.0.0.1",
                                 "198.18.0.1",
                                 "224.0.0.1",
                                 "240.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::1",
                                 "::127.0.0.1",
                                 "::8.8.8.8",
                                 "::ffff:10.0.0.1",
                                 "::ffff:a9fe:a9fe",
                                 "fc00::1",
                                 "fd12:3456::1",
                                 "fe80::1",
                                 "fec0::1",
                                 "ff02::1",
                                 "64:ff9b::a00:1",
                                 "2002:7f00:1::"})
    EXPECT_TRUE(is_private(at(text))) << text;
}

TEST(PrivateAddresses, AreNoPublicOnes) {
  for (const auto* const text :
       {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "169.253.0.1", "192.169.0.1",
        "223.255.255.255", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450:4001::1"})
    EXPECT_FALSE(is_private(at(text))) << text;
}

}  // namespace
}  // namespace cachearr::ip

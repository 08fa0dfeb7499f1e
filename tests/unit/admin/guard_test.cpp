#include "admin/guard.hpp"

#include <gtest/gtest.h>

#include "unit/pipeline/heads.hpp"

namespace cachearr::admin {
namespace {

using cachearr::test::Asked;

const std::vector<std::string> kNames{"nas.home", "tower:9798"};
const AccessPolicy kAccessPolicy{"0123456789abcdef", kNames};

int host_status(std::string_view host, std::uint16_t port = 0) {
  const auto denied = check_host(kAccessPolicy, host, port);
  return denied ? denied->status : 200;
}

int key_status(std::string_view lines, std::string_view query_key = "") {
  const Asked asked{"GET /", "Host: a\r\n" + std::string{lines}};
  const auto denied = check_key(kAccessPolicy, asked.head.fields, query_key);
  return denied ? denied->status : 200;
}

int site_status(std::string_view lines) {
  const Asked asked{"POST /", "Host: nas.home:9798\r\n" + std::string{lines}};
  const auto denied = check_site(asked.head.fields);
  return denied ? denied->status : 200;
}

TEST(Host, LoopbackAndAddressesAreOurs) {
  for (const auto* const host : {"localhost", "127.0.0.1", "::1", "192.168.1.20", "2001:db8::1"})
    EXPECT_EQ(host_status(host, 9798), 200) << host;
}

TEST(Host, ConfiguredNamesAreOursWithAnyPortUnlessTheySayOne) {
  EXPECT_EQ(host_status("nas.home"), 200);
  EXPECT_EQ(host_status("nas.home", 1234), 200);
  EXPECT_EQ(host_status("tower", 9798), 200);
  EXPECT_EQ(host_status("tower", 9799), 421);
  EXPECT_EQ(host_status("tower"), 421);
}

TEST(Host, NamesThatAnAttackerCanPointAtUsAreNot) {
  for (const auto* const host : {"evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "xlocalhost",
                                 "nas.home.evil.test", "evil-nas.home", "2130706433", "0x7f000001", "127.1"})
    EXPECT_EQ(host_status(host), 421) << host;
}

TEST(Host, AClientWithoutHostIsNoBrowser) { EXPECT_EQ(host_status(""), 200); }

TEST(Key, MayStandInAnyOfThreePlaces) {
  EXPECT_EQ(key_status("X-Api-Key: 0123456789abcdef\r\n"), 200);
  EXPECT_EQ(key_status("x-api-key: 0123456789abcdef\r\n"), 200);
  EXPECT_EQ(key_status("Authorization: Bearer 0123456789abcdef\r\n"), 200);
  EXPECT_EQ(key_status("Authorization: bearer   0123456789abcdef \r\n"), 200);
  EXPECT_EQ(key_status("", "0123456789abcdef"), 200);
}

TEST(Key, WrongOnesAre401) {
  EXPECT_EQ(key_status(""), 401);
  for (const auto* const key : {"", "0", "0123456789abcde", "0123456789abcdef0", "0123456789abcdef0123456789abcdef",
                                "0123456789ABCDEF", "1123456789abcdef", "0123456789abcdee"}) {
    EXPECT_EQ(key_status("X-Api-Key: " + std::string{key} + "\r\n"), 401) << key;
    EXPECT_EQ(key_status("Authorization: Bearer " + std::string{key} + "\r\n"), 401) << key;
    EXPECT_EQ(key_status("", key), 401) << key;
  }
  EXPECT_EQ(key_status("Authorization: Basic 0123456789abcdef\r\n"), 401);
}

TEST(Key, AnEmptyKeyOfOursLetsNobodyIn) {
  const AccessPolicy without_key{"", kNames};
  const Asked asked{"GET /", "Host: a\r\nX-Api-Key: \r\n"};
  EXPECT_TRUE(check_key(without_key, asked.head.fields, ""));
}

TEST(Site, AnotherSitesChangesAreRefused) {
  for (const auto* const lines :
       {"Origin: http://evil.test\r\n", "Origin: null\r\n", "Origin: http://nas.home:9798.evil.test\r\n",
        "Origin: http://nas.home\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\nOrigin: http://nas.home:9798\r\n"})
    EXPECT_EQ(site_status(lines), 403) << lines;
}

TEST(Site, OurOwnPagesAndProgramsMayChange) {
  for (const auto* const lines : {"", "Origin: http://nas.home:9798\r\n", "Origin: https://nas.home:9798\r\n",
                                  "Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: none\r\n"})
    EXPECT_EQ(site_status(lines), 200) << lines;
}

TEST(ContentType, OfAJsonCallIsJson) {
  const auto status = [](std::string_view type, Effect effect, bool has_body = true) {
    const Asked asked{"POST /", "Host: a\r\nContent-Type: " + std::string{type} + "\r\n"};
    const auto denied = check_content_type(asked.head.fields, effect, has_body);
    return denied ? denied->status : 200;
  };
  EXPECT_EQ(status("application/json", Effect::json), 200);
  EXPECT_EQ(status("Application/JSON ; charset=utf-8", Effect::json), 200);
  for (const auto* const type : {"", "text/plain", "application/x-www-form-urlencoded",
                                 "multipart/form-data; boundary=application/json", "application/jsonp"})
    EXPECT_EQ(status(type, Effect::json), 415) << type;
  EXPECT_EQ(status("text/plain", Effect::json, false), 200);
  EXPECT_EQ(status("text/plain", Effect::any_body), 200);
}

}  // namespace
}  // namespace cachearr::admin

#include "http/upgrade.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace cachearr::http {
namespace {

using UpgradeLines = std::vector<std::pair<std::string_view, std::string_view>>;

RequestHead asks(const UpgradeLines& lines) {
  RequestHead head;
  head.method = Method::get;
  for (const auto& [name, value] : lines) head.fields.add(name, value);
  return head;
}

bool agreed(std::string_view offered, const UpgradeLines& answered, int status = 101) {
  ResponseHead response;
  response.status = status;
  for (const auto& [name, value] : answered) response.fields.add(name, value);
  return is_agreed_upgrade(asks({{"Connection", "upgrade"}, {"Upgrade", offered}}), response);
}

TEST(AnUpgrade, IsAskedForByBothFieldsOfAGet) {
  EXPECT_TRUE(wants_upgrade(asks({{"Connection", "keep-alive, UPGRADE"}, {"Upgrade", "websocket"}})));
  EXPECT_FALSE(wants_upgrade(asks({{"Connection", "keep-alive, X-Upgrade"}, {"Upgrade", "websocket"}})));
  EXPECT_FALSE(wants_upgrade(asks({{"Connection", "close, x-unusual"}, {"Upgrade", "websocket"}})));
  EXPECT_FALSE(wants_upgrade(asks({{"Upgrade", "websocket"}})));
  EXPECT_FALSE(wants_upgrade(asks({{"Connection", "upgrade"}})));
  auto other = asks({{"Connection", "upgrade"}, {"Upgrade", "websocket"}});
  other.method = Method::post;
  EXPECT_FALSE(wants_upgrade(other));
  other.method = Method::get;
  other.minor_version = 0;
  EXPECT_FALSE(wants_upgrade(other));
}

TEST(AnUpgrade, ToHttp2WithoutTlsIsNoneInAnySpellingAndPlace) {
  for (const std::string_view offered : {"h2c", "H2C", "H2c", "websocket, h2C", "h2c,websocket"})
    EXPECT_FALSE(wants_upgrade(asks({{"Connection", "Upgrade"}, {"Upgrade", offered}}))) << offered;
  EXPECT_FALSE(wants_upgrade(asks({{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Upgrade", "H2C"}})));
  EXPECT_TRUE(wants_upgrade(asks({{"Connection", "Upgrade"}, {"Upgrade", "x-h2c-like"}})));
}

TEST(AnUpgrade, IsAgreedUponWhereA101NamesWhatWasOffered) {
  EXPECT_TRUE(agreed("websocket", {{"Upgrade", "WebSocket"}}));
  EXPECT_TRUE(agreed("a/1, websocket", {{"Upgrade", "websocket"}}));
}

TEST(AnUpgrade, IsNotAgreedUponByAnythingElse) {
  EXPECT_FALSE(agreed("websocket", {}));
  EXPECT_FALSE(agreed("websocket", {{"Upgrade", ""}}));
  EXPECT_FALSE(agreed("websocket", {{"Upgrade", "h2c"}}));
  EXPECT_FALSE(agreed("websocket", {{"Upgrade", "websocket, h2c"}}));
  EXPECT_FALSE(agreed("websocket", {{"Upgrade", "websocket"}, {"Upgrade", "tls"}}));
  EXPECT_FALSE(agreed("websocket", {{"Upgrade", "websocket"}}, 200));
}

}  // namespace
}  // namespace cachearr::http

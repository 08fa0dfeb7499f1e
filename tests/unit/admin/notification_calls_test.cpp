#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class Notifications : public Called {
 protected:
  Notifications() {
    NotificationConfig channel;
    channel.name = "chat";
    channel.type = ChannelType::discord;
    channel.url = "https://user:pw@127.0.0.1:1/api/webhooks/1/verysecret";
    channel.token = "tokensecret";
    channel.proxy = "none";
    instance_.notifier_.configure({channel});
    instance_.notifier_.start();
  }
};

TEST_F(Notifications, AreListedWithoutTheirSecrets) {
  const auto list = data("GET /api/v1/notifications")["notifications"];
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0], (Json{{"name", "chat"},
                           {"type", "discord"},
                           {"host", "127.0.0.1:1"},
                           {"events", Json::array({"*"})},
                           {"waiting", 0},
                           {"tries", 0},
                           {"lost", 0},
                           {"lastResult", nullptr}}));
}

TEST_F(Notifications, ATestThatFailsSaysWhyAndIsRemembered) {
  const auto answer = ask("POST /api/v1/notifications/chat/test", "{}");
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.body, HasSubstr("not delivered: Failed to connect to 127.0.0.1"));
  EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
  const auto last = data("GET /api/v1/notifications")["notifications"][0]["lastResult"];
  EXPECT_EQ(last["ok"], false);
  EXPECT_EQ(last["event"], "test");
  EXPECT_THAT(last["error"].get<std::string>(), HasSubstr("Failed to connect"));
}

TEST_F(Notifications, NobodyKnowsIsNotFound) {
  EXPECT_EQ(ask("POST /api/v1/notifications/phone/test", "{}").status, 404);
}

TEST_F(Notifications, AreForThoseWhoKnowTheKey) {
  EXPECT_EQ(call("GET /api/v1/notifications").status, 401);
  EXPECT_EQ(call("POST /api/v1/notifications/chat/test").status, 401);
  EXPECT_EQ(ask("GET /api/v1/notifications/chat/test").status, 405);
  EXPECT_EQ(call("POST /api/v1/notifications/chat/test", key_line() + "Origin: http://evil.test\r\n").status, 403);
}

}  // namespace
}  // namespace cachearr::admin::test

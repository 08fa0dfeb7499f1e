#include <future>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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

/// A service that takes connections, and says nothing.
class SilentService {
 public:
  SilentService() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 4), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentService() {
    if (connection_ >= 0) ::close(connection_);
    ::close(listener_);
  }
  SilentService(const SilentService&) = delete;
  SilentService& operator=(const SilentService&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/hook"; }
  /// False: none came within half a minute.
  bool wait_for_connection() {
    pollfd waiting{listener_, POLLIN, 0};
    if (::poll(&waiting, 1, 30'000) != 1) return false;
    connection_ = ::accept(listener_, nullptr, nullptr);
    return connection_ >= 0;
  }

 private:
  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0), connection_ = -1;
  std::uint16_t port_ = 0;
};

TEST_F(Notifications, ASecondTestIsTurnedAwayWhileOneWaits) {
  SilentService silent;
  NotificationConfig channel;
  channel.name = "silent";
  channel.url = silent.url();
  channel.proxy = "none";
  instance_.notifier_.configure({channel});
  auto first = std::async(std::launch::async, [this] { return ask("POST /api/v1/notifications/silent/test", "{}"); });
  EXPECT_TRUE(silent.wait_for_connection());
  const auto second = ask("POST /api/v1/notifications/silent/test", "{}");
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.fields, "Retry-After: 10\r\n");
  EXPECT_THAT(second.body, HasSubstr("another test message is under way"));
  instance_.notifier_.stop();
  EXPECT_EQ(first.get().status, 502);
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

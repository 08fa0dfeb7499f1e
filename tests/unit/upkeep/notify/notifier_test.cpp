#include "upkeep/notify/notifier.hpp"

#include <array>
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/until.hpp"
#include "unit/upkeep/notify/told.hpp"

namespace cachearr::upkeep::test {
namespace {

using cachearr::test::until;
using testing::HasSubstr;

/// A service that answers each request with the next status, and with the last one from then on; 0: never.
class Service {
 public:
  explicit Service(std::vector<int> statuses) : statuses_{std::move(statuses)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/hook";
    thread_ = std::jthread{[this] { run(); }};
  }
  ~Service() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int held : held_) ::close(held);
    ::close(listener_);
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  const std::string& url() const { return url_; }
  std::size_t asked() const { return asked_; }

 private:
  void run() {
    for (int connection = 0; (connection = ::accept(listener_, nullptr, nullptr)) >= 0;) {
      std::array<char, 4096> buffer{};
      std::string request;
      while (request.find('}') == std::string::npos) {
        const auto got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        request.append(buffer.data(), static_cast<std::size_t>(got));
      }
      const auto status = statuses_[std::min(asked_.load(), statuses_.size() - 1)];
      ++asked_;
      if (status == 0) {
        held_.push_back(connection);
        continue;
      }
      const auto answer = "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }

  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  std::vector<int> statuses_, held_;
  std::atomic<std::size_t> asked_{0};
  std::string url_;
  std::jthread thread_;
};

NotificationConfig hook(const std::string& url, const std::string& name = "mine") {
  auto channel = channel_of(ChannelType::webhook, url);
  channel.name = name;
  channel.proxy = "none";
  channel.retry_after = Duration{1};
  return channel;
}

class Notified : public testing::Test {
 protected:
  ChannelStatus status() const { return notifier_.status().at(0); }
  bool has_result(bool ok) const {
    const auto last = status().last;
    return last && last->ok == ok;
  }

  SystemClock clock_;
  Notifier notifier_{clock_};
};

TEST_F(Notified, AreChannelsThatWantTheEvent) {
  Service wants{{200}}, does_not{{200}};
  auto other = hook(does_not.url(), "other");
  other.events = {"job.*"};
  notifier_.configure({hook(wants.url()), other});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(true); }));
  EXPECT_EQ(wants.asked(), 1U);
  EXPECT_EQ(does_not.asked(), 0U);
  EXPECT_EQ(status().last->event, "alert.fired.disk");
}

TEST_F(Notified, IsAServiceThatWasAwayWhenItIsBack) {
  Service service{{500, 503, 200}};
  notifier_.configure({hook(service.url())});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(true); }));
  EXPECT_EQ(service.asked(), 3U);
  EXPECT_EQ(status().waiting, 0U);
  EXPECT_EQ(status().lost, 0U);
}

TEST_F(Notified, IsTheNextRunOfWhatWaited) {
  Service away{{500}}, back{{200}};
  const auto store = store::make_memory_store(100'000, clock_);
  auto patient = hook(away.url());
  patient.retry_after = std::chrono::hours{1};
  notifier_.keep_in(*store);
  notifier_.configure({patient});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(false); }));
  notifier_.stop();

  Notifier next{clock_};
  next.keep_in(*store);
  next.configure({hook(back.url())});
  EXPECT_EQ(next.status().at(0).waiting, 1U);
  next.start();
  EXPECT_TRUE(until([&] { return next.status().at(0).waiting == 0; }));
  EXPECT_EQ(back.asked(), 1U);
  next.publish(fired());
  EXPECT_EQ(next.status().at(0).waiting, 0U) << "within the hour of an alert that was told";
}

TEST_F(Notified, LosesWhatCannotBeReadAndGoesOn) {
  Service service{{200}};
  const auto store = store::make_memory_store(100'000, clock_);
  store->put_state("notifications", "\1\1\4mine\377");
  notifier_.keep_in(*store);
  notifier_.configure({hook(service.url())});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(true); }));
}

TEST_F(Notified, IsNoServiceThatRefuses) {
  Service service{{401}};
  notifier_.configure({hook(service.url())});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return status().lost == 1; }));
  EXPECT_EQ(service.asked(), 1U);
  EXPECT_THAT(status().last->error, HasSubstr("answered 401"));
}

TEST_F(Notified, IsOneThatAnswersWhileAnotherHangs) {
  Service hanging{{0}}, answering{{200}};
  notifier_.configure({hook(answering.url()), hook(hanging.url(), "hanging")});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(true) && hanging.asked() == 1; }));
  const auto stopped = std::async(std::launch::async, [this] { notifier_.stop(); });
  EXPECT_EQ(stopped.wait_for(std::chrono::minutes{1}), std::future_status::ready);
}

TEST_F(Notified, ATestGivesItsResult) {
  Service good{{200}}, bad{{403}};
  notifier_.configure({hook(good.url(), "good"), hook(bad.url(), "bad")});
  EXPECT_FALSE(notifier_.test("good")->ok) << "nothing is sent before the start";
  notifier_.start();
  EXPECT_TRUE(notifier_.test("good")->ok);
  EXPECT_THAT(notifier_.test("bad")->error, HasSubstr("403"));
  EXPECT_FALSE(notifier_.test("nobody"));
  EXPECT_EQ(status().last->event, "test");
}

TEST_F(Notified, ATestThatHangsEndsWithTheProgram) {
  Service service{{0}};
  notifier_.configure({hook(service.url())});
  notifier_.start();
  std::jthread stopper{[&] {
    until([&] { return service.asked() == 1; });
    notifier_.stop();
  }};
  EXPECT_EQ(notifier_.test("mine")->error, "the program ends");
}

TEST_F(Notified, ATestWaitsForNoServiceThatIsSilent) {
  Service silent{{0}};
  Notifier hasty{clock_, Duration{1}};
  hasty.configure({hook(silent.url())});
  hasty.start();
  const auto result = hasty.test("mine");
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  EXPECT_THAT(result->error, HasSubstr("has not answered within 1 s"));
  EXPECT_TRUE(hasty.test("mine")) << "the next may try";
}

TEST_F(Notified, ATestIsTheOnlyOneAtATime) {
  Service silent{{0}}, good{{200}};
  notifier_.configure({hook(silent.url(), "silent"), hook(good.url(), "good")});
  notifier_.start();
  auto first = std::async(std::launch::async, [this] { return notifier_.test("silent"); });
  ASSERT_TRUE(until([&] { return silent.asked() == 1; }));
  const auto second = notifier_.test("good");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), Notifier::NoTest::busy);
  EXPECT_EQ(good.asked(), 0U);
  notifier_.stop();
  EXPECT_EQ(first.get()->error, "the program ends");
}

TEST_F(Notified, AreNewChannelsAndNoOldOnesAfterAReload) {
  Service old_one{{500}}, new_one{{200}};
  auto channel = hook(old_one.url());
  channel.retry_after = std::chrono::minutes{10};
  notifier_.configure({channel});
  notifier_.start();
  notifier_.publish(fired());
  EXPECT_TRUE(until([&] { return has_result(false); }));
  notifier_.configure({hook(new_one.url())});
  EXPECT_TRUE(until([&] { return has_result(true); })) << "what waited goes to the new address";
  notifier_.configure({});
  notifier_.publish(fired("memory"));
  EXPECT_TRUE(notifier_.status().empty());
  EXPECT_EQ(old_one.asked(), 1U);
}

TEST_F(Notified, IsNobodyByARedirect) {
  Service service{{307}};
  notifier_.configure({hook(service.url())});
  notifier_.start();
  EXPECT_THAT(notifier_.test("mine")->error, HasSubstr("redirect, which is not followed"));
}

}  // namespace
}  // namespace cachearr::upkeep::test

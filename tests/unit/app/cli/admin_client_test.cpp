#include "app/cli/admin_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/cli/fake_instance.hpp"

namespace cachearr::app {
namespace {

using testing::HasSubstr;

/// What `ask` makes of these bytes.
Result<AdminAnswer> answered(const std::string& bytes) {
  FakeInstance instance{bytes};
  return ask(instance.socket_path(), {"GET", "/ping", "", Duration{60'000}});
}

TEST(AdminAnswer, ABodyEndsWithTheConnection) {
  const auto answer = answered("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello");
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->content_type, "text/plain");
  EXPECT_EQ(answer->body, "hello");
}

TEST(AdminAnswer, ABodyEndsWithItsLength) {
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\ncontent-length:  2\r\n\r\nhello")->body, "he");
}

TEST(AdminAnswer, AChunkedBodyIsJoined) {
  const auto answer =
      answered("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n, wide wor\r\n0\r\n\r\n");
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->body, "hello, wide wor");
}

TEST(AdminAnswer, AnInterimAnswerIsPassedOver) {
  const auto answer = answered("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno");
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "no");
}

TEST(AdminAnswer, ACutOffBodyIsAnError) {
  for (const auto* bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    const auto answer = answered(bytes);
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().what, HasSubstr("cut off"));
  }
}

TEST(AdminAnswer, WhatIsNoHttpIsAnError) {
  for (const auto* bytes : {"-ERR unknown command\r\n\r\n", "HTTP/1.1 2\r\n\r\n"}) {
    const auto answer = answered(bytes);
    ASSERT_FALSE(answer.ok());
    EXPECT_THAT(answer.error().what, HasSubstr("not HTTP"));
  }
  EXPECT_FALSE(answered("").ok());
}

TEST(AdminClient, DoesNotWaitForEver) {
  FakeInstance instance{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", FakeInstance::Then::keep_open};
  const auto answer = ask(instance.socket_path(), {"GET", "/ping", "", Duration{50}});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().what, HasSubstr("does not answer in time"));
}

TEST(AdminClient, SendsARequestAndReadsItsAnswer) {
  FakeInstance instance{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
  const auto answer = ask(instance.socket_path(), {"POST", "/api/v1/reload", "{}", Duration{60'000}});
  ASSERT_TRUE(answer.ok()) << answer.error().what;
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(instance.request(),
            "POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
}

TEST(AdminClient, SaysWhatToDoWhereNothingRuns) {
  const auto answer = ask("/nonexistent/cachearr.sock", {"GET", "/ping", "", Duration{60'000}});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().what, HasSubstr("no instance is running"));
  EXPECT_THAT(answer.error().what, HasSubstr("cachearr serve"));
}

TEST(AdminClient, RefusesAPathThatNoSocketCanHave) {
  const auto answer = ask("/" + std::string(200, 'x'), {"GET", "/ping", "", Duration{60'000}});
  ASSERT_FALSE(answer.ok());
  EXPECT_THAT(answer.error().what, HasSubstr("too long"));
}

}  // namespace
}  // namespace cachearr::app

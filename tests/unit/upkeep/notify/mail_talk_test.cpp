#include "upkeep/notify/mail_talk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A conversation about a mail to two people.
class AMail : public testing::Test {
 protected:
  void said(const std::string& command, const std::string& answer) {
    talk_.we_said(command + "\r\n");
    talk_.server_said(answer + "\r\n");
  }
  void greeted() {
    talk_.server_said("220 mail.test ESMTP\r\n");
    talk_.we_said("EHLO home.test\r\n");
    talk_.server_said("250-mail.test\r\n");
    talk_.server_said("250 AUTH PLAIN\r\n");
  }
  void addressed(const std::string& first, const std::string& second) {
    greeted();
    said("MAIL FROM:<cachearr@home.test>", "250 OK");
    said("RCPT TO:<me@home.test>", first);
    said("RCPT TO:<you@home.test>", second);
  }
  void sent(const std::string& answer) {
    said("DATA", "354 go on");
    talk_.server_said(answer + "\r\n");
  }

  MailTalk talk_{{"me@home.test", "you@home.test"}};
};

TEST_F(AMail, ThatAllGotIsDelivered) {
  addressed("250 OK", "250 OK");
  sent("250 queued");
  const auto result = talk_.result("", false);
  EXPECT_TRUE(result.ok);
  EXPECT_EQ(result.error, "");
}

TEST_F(AMail, IsTriedAgainWhereTheLogInIsRefusedForNow) {
  for (const auto* const answer : {"454 4.7.0 Temporary authentication failure", "421 4.3.2 too busy"}) {
    greeted();
    said("AUTH PLAIN AHVzAHB3", answer);
    const auto result = talk_.result("Login denied", true);
    EXPECT_FALSE(result.ok);
    EXPECT_FALSE(result.refused);
    EXPECT_EQ(result.error, std::string{"the log-in is denied: the mail server answered "} + answer);
  }
}

TEST_F(AMail, IsNotTriedAgainWhereTheLogInIsRefusedForGood) {
  greeted();
  said("AUTH PLAIN AHVzAHB3", "535 5.7.8 wrong password");
  EXPECT_TRUE(talk_.result("Login denied", true).refused);
}

TEST_F(AMail, IsNotTriedAgainWhereNoWayToLogInIsOffered) {
  greeted();
  const auto result = talk_.result("Login denied", true);
  EXPECT_TRUE(result.refused);
  EXPECT_EQ(result.error, "Login denied");
}

TEST_F(AMail, SaysWhatTheServerSaidOfItInAllItsLines) {
  addressed("250 OK", "250 OK");
  said("DATA", "354 go on");
  talk_.server_said("554-5.7.1 this looks\r\n");
  talk_.server_said("554 5.7.1 like spam\r\n");
  said("QUIT", "221 bye");
  const auto result = talk_.result("Weird server reply", false);
  EXPECT_EQ(result.error, "the mail server answered 554 5.7.1 this looks 5.7.1 like spam");
  EXPECT_TRUE(result.refused);
}

TEST_F(AMail, IsTriedAgainWhereTheServerIsTooBusyToGreet) {
  talk_.server_said("421 4.3.2 come back later\r\n");
  const auto result = talk_.result("Weird server reply", false);
  EXPECT_FALSE(result.refused);
  EXPECT_EQ(result.error, "the mail server answered 421 4.3.2 come back later");
}

TEST_F(AMail, ThatOneAddressRefusesReachesTheOthers) {
  addressed("250 OK", "550 5.1.1 no such user");
  sent("250 queued");
  const auto result = talk_.result("", false);
  EXPECT_FALSE(result.ok);
  EXPECT_TRUE(result.partly);
  EXPECT_TRUE(result.refused);
  EXPECT_EQ(result.error, "the mail server refused you@home.test: 550 5.1.1 no such user; the others have it");
  EXPECT_THAT(result.again, IsEmpty());
}

TEST_F(AMail, ThatOneAddressRefusesForNowIsKeptForThatOne) {
  addressed("450 4.2.0 greylisted", "250 OK");
  sent("250 queued");
  const auto result = talk_.result("", false);
  EXPECT_TRUE(result.partly);
  EXPECT_FALSE(result.refused);
  EXPECT_THAT(result.again, ElementsAre("me@home.test"));
}

TEST_F(AMail, ThatAllRefuseIsTriedAgainWhereOneMayTakeItLater) {
  addressed("450 4.2.0 greylisted", "550 5.1.1 no such user");
  const auto result = talk_.result("RCPT failed: 550 (last error)", false);
  EXPECT_FALSE(result.partly);
  EXPECT_FALSE(result.refused);
  EXPECT_EQ(result.error,
            "the mail server refused me@home.test: 450 4.2.0 greylisted; you@home.test: 550 5.1.1 no such user");
}

TEST_F(AMail, ThatAllRefuseForGoodIsNotTriedAgain) {
  addressed("550 5.1.1 no such user", "550 5.1.1 no such user");
  EXPECT_TRUE(talk_.result("RCPT failed: 550 (last error)", false).refused);
}

TEST_F(AMail, IsTriedAgainWhereTheConnectionIsCutBehindARefusedAddress) {
  addressed("250 OK", "550 5.1.1 no such user");
  talk_.we_said("DATA\r\n");
  const auto result = talk_.result("response reading failed", false);
  EXPECT_FALSE(result.refused);
  EXPECT_EQ(result.error, "response reading failed");
}

TEST_F(AMail, ListensToNoProxyInBetween) {
  talk_.we_said("CONNECT mail.test:587 HTTP/1.1\r\n\r\n");
  talk_.server_said("HTTP/1.1 200 OK\r\n");
  talk_.server_said("Via: x\r\n");
  talk_.server_said("\r\n");
  EXPECT_EQ(talk_.result("Timeout was reached", false).error, "Timeout was reached");
}

TEST_F(AMail, KeepsNoMoreOfALongAnswerThanIsShown) {
  greeted();
  talk_.we_said("MAIL FROM:<cachearr@home.test>\r\n");
  for (int i = 0; i < 1000; ++i) talk_.server_said("550-" + std::string(500, 'x') + "\r\n");
  talk_.server_said("550 end\r\n");
  EXPECT_LT(talk_.result("MAIL failed: 550", false).error.size(), 250U);
}

}  // namespace
}  // namespace cachearr::upkeep

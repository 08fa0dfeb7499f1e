#include "upkeep/notify/channel_secrets.hpp"

#include <gmock/gmock.h>

#include "unit/upkeep/notify/told.hpp"
#include "upkeep/notify/transfers.hpp"

namespace cachearr::upkeep::test {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Shown, IsTheHostAlone) {
  EXPECT_EQ(shown_host("https://user:pass@discord.test:8443/api/webhooks/1/secret"), "discord.test:8443");
  EXPECT_EQ(shown_host("smtp://[::1]:25"), "[::1]:25");
}

TEST(Secrets, AreTakenOutWhereverTheyStand) {
  auto channel = channel_of(ChannelType::pushover, "https://me:userpass@push.test/hooks/keyinpath?k=keyinquery");
  channel.token = "apptoken";
  channel.user = "userkey";
  channel.password = "password";
  channel.proxy = "http://p:proxypass@proxy.test";
  for (const std::string secret :
       {"userpass", "keyinpath", "keyinquery", "apptoken", "userkey", "password", "proxypass"})
    EXPECT_EQ(without_secrets("a " + secret + " b " + secret, channel), "a *** b ***");
  EXPECT_EQ(without_secrets("two\r\nlines", channel), "two  lines");
}

TEST(Answer, OfAServiceIsJudgedByItsStatus) {
  const auto channel = channel_of(ChannelType::webhook, "https://hook.test/");
  EXPECT_TRUE(result_of_answer(204, "", channel).ok);
  for (const auto status : {404, 408, 429, 500, 503, 302}) {
    EXPECT_FALSE(result_of_answer(status, "", channel).ok) << status;
    EXPECT_FALSE(result_of_answer(status, "", channel).refused) << status;
  }
  for (const auto status : {400, 401, 403, 413}) EXPECT_TRUE(result_of_answer(status, "", channel).refused) << status;
}

TEST(Answer, OfAServiceIsToldWithoutSecrets) {
  auto channel = channel_of(ChannelType::gotify, "https://hook.test/");
  channel.token = "apptoken";
  const auto result = result_of_answer(401, "no such token: apptoken", channel);
  EXPECT_EQ(result.error, "the service answered 401: no such token: ***");
  EXPECT_THAT(result_of_answer(500, std::string(5000, 'x'), channel).error.size(), testing::Lt(300U));
}

}  // namespace
}  // namespace cachearr::upkeep::test

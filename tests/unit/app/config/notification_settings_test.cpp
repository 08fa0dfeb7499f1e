#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/app/config/config_test_support.hpp"

namespace cachearr::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string channels(const std::string& list) { return "{\n\"notifications\": [\n" + list + "\n]}"; }

TEST(Notifications, OfEveryTypeAreTaken) {
  Machine machine;
  machine.write("key", "keyinfile\n");
  machine.with_file(channels(R"(
    {"name": "hook", "type": "webhook", "url": "https://a.test/", "template": "{title}", "proxy": "none",
     "ca_file": "ca.pem", "retry_after": "100ms", "events": ["alert.*", "job.failed"]},
    {"name": "phone", "type": "ntfy", "url": "https://ntfy.test/topic", "token_file": null},
    {"name": "gotify", "type": "gotify", "url": "https://b.test", "token_file": "key"},
    {"name": "discord", "type": "discord", "url_file": "address"},
    {"name": "slack", "type": "slack", "url": "https://c.test/x", "proxy": "socks5://proxy:1080"},
    {"name": "telegram", "type": "telegram", "token": "1:a", "chat_id": "-5"},
    {"name": "apprise", "type": "apprise", "url": "http://d.test/notify/x"},
    {"name": "pushover", "type": "pushover", "token": "app", "user_file": "key"},
    {"name": "mail", "type": "email", "url": "smtps://e.test", "from": "Me <a@e.test>", "to": ["b@e.test"],
     "user": "me", "password_file": "key"})"));
  machine.write("address", "https://discord.test/api/webhooks/1/x\n");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  const auto& all = config->notifications;
  ASSERT_EQ(all.size(), 9U);
  EXPECT_THAT(all[0].events, ElementsAre("alert.*", "job.failed"));
  EXPECT_EQ(all[0].ca_file, machine.path("ca.pem"));
  EXPECT_EQ(all[0].retry_after, Duration{100});
  EXPECT_THAT(all[1].events, ElementsAre("*"));
  EXPECT_EQ(all[1].retry_after, Duration{5000});
  EXPECT_EQ(all[2].token, "keyinfile");
  EXPECT_EQ(all[3].url, "https://discord.test/api/webhooks/1/x");
  EXPECT_EQ(all[5].url, "https://api.telegram.org");
  EXPECT_EQ(all[7].url, "https://api.pushover.net/1/messages.json");
  EXPECT_EQ(all[7].user, "keyinfile");
  EXPECT_EQ(all[8].type, ChannelType::email);
  EXPECT_EQ(all[8].password, "keyinfile");
  EXPECT_TRUE(all[8].encrypted);
}

struct Mistake {
  const char* name;
  const char* channel;
  const char* error;
};
class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldWithTheirPlace) {
  Machine machine;
  machine.write("key", "two words");
  machine.write("word", "word");
  machine.with_file(channels(GetParam().channel));
  EXPECT_THAT(machine.errors(), HasSubstr(std::string{"cachearr.json:3:"} + GetParam().error));
  EXPECT_EQ(machine.problems().size(), 1U) << machine.errors();
}

INSTANTIATE_TEST_SUITE_P(
    Notifications, Mistakes,
    testing::Values(
        Mistake{"NoObject", "5", "1: \"notifications[0]\" must be an object in { }, not a number"},
        Mistake{"NoType", R"({"name": "a"})", "1: \"notifications[0]\" needs a \"type\""},
        Mistake{"UnknownType", R"({"name": "a", "type": "discrod", "url": "https://a.test"})",
                "23: \"notifications[0].type\" must be \"webhook\""},
        Mistake{"NoName", R"({"type": "slack", "url": "https://a.test/"})", "1: \"notifications[0]\" needs a \"name\""},
        Mistake{"NoUrl", R"({"name": "a", "type": "slack"})",
                "1: \"notifications[0]\" needs a \"url\" or a \"url_file\""},
        Mistake{"NoToken", R"({"name": "a", "type": "gotify", "url": "https://a.test"})",
                "1: \"notifications[0]\" needs a \"token\" or a \"token_file\""},
        Mistake{"NoChat", R"({"name": "a", "type": "telegram", "token": "x"})",
                "1: \"notifications[0]\" needs a \"chat_id\""},
        Mistake{"UnknownMember", R"({"name": "a", "type": "slack", "url": "https://a.test", "evnts": ["*"]})",
                "57: unknown setting \"evnts\" of a channel of the type \"slack\", did you mean 'events'?"},
        Mistake{"MemberOfAnotherType", R"({"name": "a", "type": "slack", "url": "https://a.test", "chat_id": "1"})",
                "57: unknown setting \"chat_id\" of a channel of the type \"slack\""},
        Mistake{"WrongType", R"({"name": "a", "type": "slack", "url": 5})",
                "39: \"notifications[0].url\" must be text in quotes, not a number"},
        Mistake{"WrongScheme", R"({"name": "a", "type": "slack", "url": "ftp://a.test/secret"})",
                "39: \"notifications[0].url\" must begin with https:// or http:// and a host"},
        Mistake{"NoMailServer", R"({"name": "a", "type": "email", "url": "https://a", "from": "a@b", "to": ["c@d"]})",
                "39: \"notifications[0].url\" must begin with smtp:// or smtps:// and a host"},
        Mistake{"NoAddress", R"({"name": "a", "type": "email", "url": "smtp://a", "from": "a@b", "to": ["c@d", "e"]})",
                "80: \"notifications[0].to[1]\" must be one mail address"},
        Mistake{"PasswordWithoutUser",
                R"({"name": "a", "type": "email", "url": "smtp://a", "from": "a@b", "to": ["c@d"], "password": "x"})",
                "1: \"notifications[0]\" needs a \"user\""},
        Mistake{
            "PasswordInTheClear",
            R"({"name": "a", "type": "email", "url": "smtp://a", "from": "a@b", "to": ["c@d"], "user": "u", "password": "x", "encryption": "none"})",
            "125: \"notifications[0].encryption\" must be \"required\" where a password is sent"},
        Mistake{"GivenTwice",
                R"({"name": "a", "type": "ntfy", "url": "https://a.test/b", "token": "x", "token_file": "word"})",
                "86: \"notifications[0].token_file\" is given besides \"token\""},
        Mistake{"FileThatIsMissing",
                R"({"name": "a", "type": "ntfy", "url": "https://a.test/b", "token_file": "none"})",
                "72: \"notifications[0].token_file\" names \"none\", which cannot be read"},
        Mistake{"FileWithSomethingElse",
                R"({"name": "a", "type": "ntfy", "url": "https://a.test/b", "token_file": "key"})",
                "72: \"notifications[0].token_file\" names \"key\", whose content must not contain a space"},
        Mistake{"NoTopic", R"({"name": "a", "type": "ntfy", "url": "https://a.test/"})",
                "38: \"notifications[0].url\" must be the server and one topic"},
        Mistake{"UnknownPlaceholder",
                R"({"name": "a", "type": "webhook", "url": "https://a.test/", "template": "{titl}"})",
                "72: \"notifications[0].template\" has {titl}, did you mean 'title'?"},
        Mistake{"LineInAToken", R"({"name": "a", "type": "ntfy", "url": "https://a.test/b", "token": "x\r\ny"})",
                "67: \"notifications[0].token\" must be one line"},
        Mistake{"NoProxy", R"({"name": "a", "type": "slack", "url": "https://a.test/b", "proxy": "proxy"})",
                "68: \"notifications[0].proxy\" must be \"none\" or the address of a proxy"},
        Mistake{"NoEvents", R"({"name": "a", "type": "slack", "url": "https://a.test/b", "events": []})",
                "69: \"notifications[0].events\" must not be empty"},
        Mistake{
            "SameName",
            R"({"name": "a", "type": "slack", "url": "https://a.test/b"}, {"name": "a", "type": "slack", "url": "https://a.test/b"})",
            "69: \"notifications[1].name\" is another channel's as well"}),
    [](const auto& tested) { return std::string{tested.param.name}; });

TEST(Notifications, TellNoSecretInAMistake) {
  Machine machine;
  machine.write("key", "secretvalue and more");
  machine.with_file(channels(R"({"name": "a", "type": "gotify", "url": "gopher://secretvalue", "token_file": "key"})"));
  EXPECT_THAT(machine.errors(), Not(HasSubstr("secretvalue")));
}

TEST(Notifications, MayComeFromTheEnvironmentAsJson) {
  Machine machine;
  machine.with("CACHEARR__NOTIFICATIONS", R"([{"name": "a", "type": "slack", "url": "https://a.test/b"}])");
  const auto config = machine.load();
  ASSERT_TRUE(config) << machine.errors();
  EXPECT_EQ(config->notifications.at(0).name, "a");
}

}  // namespace
}  // namespace cachearr::app

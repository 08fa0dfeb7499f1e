#include "upkeep/notify/outgoing.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "unit/upkeep/notify/told.hpp"

namespace cachearr::upkeep::test {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

Outgoing sent(const NotificationConfig& channel, const Notification& notification = fired()) {
  return request_of(channel, notification);
}
Json json_of(const Outgoing& request) { return Json::parse(request.body); }

const auto kJson = Pair("Content-Type", "application/json");

TEST(Webhook, GetsEverythingAsJson) {
  const auto request = sent(channel_of(ChannelType::webhook, "https://hook.test/x?y=1"));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://hook.test/x?y=1");
  EXPECT_THAT(request.fields, ElementsAre(kJson));
  EXPECT_EQ(json_of(request), (Json{{"event", "alert.fired.disk"},
                                    {"id", "disk"},
                                    {"severity", "warning"},
                                    {"title", "Title"},
                                    {"message", "Message"},
                                    {"advice", "Advice"},
                                    {"time", "2023-11-14T22:13:20Z"}}));
}

TEST(Webhook, GetsItsTemplateAndItsToken) {
  auto channel = channel_of(ChannelType::webhook, "https://hook.test/");
  channel.token = "secret";
  channel.body_template = R"({"text": "{title}: {message}"})";
  EXPECT_THAT(sent(channel).fields, ElementsAre(kJson, Pair("Authorization", "Bearer secret")));
  EXPECT_EQ(json_of(sent(channel)), (Json{{"text", "Title: Message"}}));
  channel.body_template = "{title}!";
  EXPECT_EQ(sent(channel).body, "Title!");
  EXPECT_EQ(sent(channel).fields.front().second, "text/plain; charset=utf-8");
}

TEST(Ntfy, GetsTheTopicInTheBodyAtTheServersRoot) {
  auto channel = channel_of(ChannelType::ntfy, "https://ntfy.test:8443/my%20topic/");
  channel.token = "tk_1";
  const auto request = sent(channel);
  EXPECT_EQ(request.url, "https://ntfy.test:8443/");
  EXPECT_THAT(request.fields, ElementsAre(kJson, Pair("Authorization", "Bearer tk_1")));
  EXPECT_EQ(json_of(request), (Json{{"topic", "my topic"},
                                    {"title", "Title"},
                                    {"message", "Message\n\nAdvice"},
                                    {"priority", 4},
                                    {"tags", Json::array({"warning"})}}));
  EXPECT_EQ(json_of(sent(channel, resolved()))["priority"], 2);
  EXPECT_EQ(json_of(sent(channel, alert("fired", "disk", "error")))["priority"], 5);
  EXPECT_EQ(json_of(sent(channel, alert("fired", "disk", "notice")))["priority"], 3);
}

TEST(Gotify, GetsItsKeyInAField) {
  auto channel = channel_of(ChannelType::gotify, "https://push.test/gotify/");
  channel.token = "A1";
  const auto request = sent(channel);
  EXPECT_EQ(request.url, "https://push.test/gotify/message");
  EXPECT_THAT(request.fields, ElementsAre(kJson, Pair("X-Gotify-Key", "A1")));
  EXPECT_EQ(json_of(request), (Json{{"title", "Title"}, {"message", "Message\n\nAdvice"}, {"priority", 6}}));
}

TEST(Discord, GetsAnEmbedThatMentionsNobody) {
  auto told = fired();
  told.title = std::string(300, 't');
  told.message = std::string(5000, 'm');
  const auto request = sent(channel_of(ChannelType::discord, "https://discord.test/api/webhooks/1/s"), told);
  EXPECT_EQ(request.url, "https://discord.test/api/webhooks/1/s");
  const auto data = json_of(request);
  EXPECT_EQ(data["allowed_mentions"], (Json{{"parse", Json::array()}}));
  const auto& embed = data["embeds"].at(0);
  EXPECT_EQ(embed["title"].get<std::string>().size(), 256U);
  EXPECT_LE(embed["description"].get<std::string>().size(), 4096U);
  EXPECT_EQ(embed["color"], 0xf1c40f);
  EXPECT_EQ(embed["timestamp"], "2023-11-14T22:13:20Z");
}

TEST(Slack, GetsATextWithoutMarksOfItsOwn) {
  auto told = fired();
  told.message = "a <b> & c";
  EXPECT_EQ(json_of(sent(channel_of(ChannelType::slack, "https://hooks.slack.test/services/T/B/x"), told)),
            (Json{{"text", "*Title*\na &lt;b&gt; &amp; c\n\nAdvice"}}));
}

TEST(Telegram, GetsTheBotInThePathAndTheChatInTheBody) {
  auto channel = channel_of(ChannelType::telegram, "https://api.telegram.org");
  channel.token = "123:AB";
  channel.chat_id = "-100";
  const auto request = sent(channel);
  EXPECT_EQ(request.url, "https://api.telegram.org/bot123:AB/sendMessage");
  EXPECT_EQ(json_of(request), (Json{{"chat_id", "-100"}, {"text", "Title\n\nMessage\n\nAdvice"}}));
}

TEST(Apprise, GetsATypeForEachSeverity) {
  const auto channel = channel_of(ChannelType::apprise, "http://apprise.test:8000/notify/key");
  const auto request = sent(channel);
  EXPECT_EQ(request.url, "http://apprise.test:8000/notify/key");
  EXPECT_EQ(json_of(request), (Json{{"title", "Title"}, {"body", "Message\n\nAdvice"}, {"type", "warning"}}));
  EXPECT_EQ(json_of(sent(channel, resolved()))["type"], "success");
  EXPECT_EQ(json_of(sent(channel, alert("fired", "x", "error")))["type"], "failure");
}

TEST(Pushover, GetsAForm) {
  auto channel = channel_of(ChannelType::pushover, "https://api.pushover.net/1/messages.json");
  channel.token = "app";
  channel.user = "me";
  const auto request = sent(channel);
  EXPECT_THAT(request.fields, ElementsAre(Pair("Content-Type", "application/x-www-form-urlencoded")));
  EXPECT_EQ(request.body, "token=app&user=me&title=Title&message=Message%0A%0AAdvice&priority=0&timestamp=1700000000");
}

TEST(Mail, IsAddressedInEnvelopeAndHeader) {
  auto channel = channel_of(ChannelType::email, "smtp://mail.test:587");
  channel.from = "Cachearr <cachearr@home.test>";
  channel.to = {"me@home.test", "You <you@home.test>"};
  auto told = fired();
  told.title = "Größer";
  const auto mail = sent(channel, told);
  EXPECT_EQ(mail.method, "");
  EXPECT_EQ(mail.from, "cachearr@home.test");
  EXPECT_THAT(mail.to, ElementsAre("me@home.test", "you@home.test"));
  EXPECT_THAT(mail.body, HasSubstr("From: Cachearr <cachearr@home.test>\r\n"));
  EXPECT_THAT(mail.body, HasSubstr("To: me@home.test, You <you@home.test>\r\n"));
  EXPECT_THAT(mail.body, HasSubstr("Subject: =?UTF-8?B?W2NhY2hlYXJyXSBHcsO2w59lcg==?=\r\n"));
  EXPECT_THAT(mail.body, HasSubstr("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"));
  EXPECT_THAT(mail.body, HasSubstr("@home.test>\r\nAuto-Submitted: auto-generated\r\n"));
  const auto body = mail.body.substr(mail.body.find("\r\n\r\n") + 4);
  std::string encoded = body;
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  EXPECT_EQ(text::base64_decode(encoded).value_or(""),
            "Message\n\nAdvice\n\n-- \nalert.fired.disk, 2023-11-14T22:13:20Z\n");
}

TEST(Mail, HasNoLineThatIsTooLongAndNoFieldThatATextMakes) {
  auto channel = channel_of(ChannelType::email, "smtp://mail.test");
  channel.from = "a@home.test";
  channel.to = {"b@home.test"};
  auto told = fired();
  told.title = "evil\r\nBcc: c@home.test " + std::string(300, 'x') + "ä";
  told.message = std::string(3000, 'y');
  const auto mail = sent(channel, told);
  EXPECT_THAT(mail.body, Not(HasSubstr("\r\nBcc:")));
  for (std::size_t at = 0, end = 0; (end = mail.body.find("\r\n", at)) != std::string::npos; at = end + 2)
    EXPECT_LE(end - at, 78U) << mail.body.substr(at, end - at);
}

TEST(Text, WithoutUtf8StillGoesOut) {
  auto told = fired();
  told.message = "caf\xe9";
  const auto data = json_of(sent(channel_of(ChannelType::webhook, "https://hook.test/"), told));
  EXPECT_EQ(data["message"], "caf\uFFFD");
}

TEST(Text, IsNotTornApartWithinACharacter) {
  EXPECT_EQ(shortened("short", 10), "short");
  EXPECT_EQ(shortened("aäääää", 8), "aää\u2026");
}

TEST(Text, IsTheTitleWhereThereIsNoMessage) {
  auto told = fired();
  told.message.clear();
  told.advice.clear();
  auto channel = channel_of(ChannelType::gotify, "https://push.test");
  EXPECT_EQ(json_of(sent(channel, told))["message"], "Title");
}

}  // namespace
}  // namespace cachearr::upkeep::test

#include "upkeep/notify/outgoing.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/iso_time.hpp"
#include "base/text.hpp"
#include "upkeep/notify/mail_message.hpp"
#include "upkeep/notify/message_template.hpp"

namespace cachearr::upkeep {

namespace {

using Json = nlohmann::ordered_json;

/// How bad it is, from good news to an error; each service has its own word for it.
enum class Weight : std::uint8_t { good, notice, warning, error };

Weight weight_of(const Notification& told) {
  if (is_resolved(told)) return Weight::good;
  if (told.severity == "error") return Weight::error;
  return told.severity == "warning" ? Weight::warning : Weight::notice;
}

template <class T>
T by_weight(const Notification& told, T good, T notice, T warning, T error) {
  switch (weight_of(told)) {
    case Weight::good: return good;
    case Weight::notice: return notice;
    case Weight::warning: return warning;
    case Weight::error: break;
  }
  return error;
}

/// Services refuse a message without a text.
std::string text_of(const Notification& told) {
  auto text = told.message.empty() ? told.title : told.message;
  if (!told.advice.empty()) text += "\n\n" + told.advice;
  return text;
}

void add_bearer(const NotificationConfig& channel, Outgoing& request) {
  if (!channel.token.empty()) request.fields.emplace_back("Authorization", "Bearer " + channel.token);
}

Outgoing post(std::string url, std::string content_type, std::string body) {
  return {"POST", std::move(url), {{"Content-Type", std::move(content_type)}}, std::move(body), {}, {}};
}

Outgoing post_json(std::string url, const Json& data) {
  return post(std::move(url), "application/json", data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string without_last_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Outgoing webhook(const NotificationConfig& channel, const Notification& told) {
  const auto& body = channel.body_template;
  auto request = body.empty()
                     ? post_json(channel.url, {{"event", told.event},
                                               {"id", told.id},
                                               {"severity", told.severity},
                                               {"title", told.title},
                                               {"message", told.message},
                                               {"advice", told.advice},
                                               {"time", iso_time(told.at)}})
                     : post(channel.url, is_json_template(body) ? "application/json" : "text/plain; charset=utf-8",
                            fill_template(body, told));
  add_bearer(channel, request);
  return request;
}

/// The topic, which ends the address, goes into the JSON: header fields would not take every text.
Outgoing ntfy(const NotificationConfig& channel, const Notification& told) {
  const auto url = without_last_slash(channel.url);
  const auto slash = url.rfind('/');
  auto request = post_json(
      url.substr(0, slash + 1),
      {{"topic", text::percent_decode(url.substr(slash + 1))},
       {"title", told.title},
       {"message", shortened(text_of(told), 4000)},
       {"priority", by_weight(told, 2, 3, 4, 5)},
       {"tags",
        Json::array({by_weight(told, "white_check_mark", "information_source", "warning", "rotating_light")})}});
  add_bearer(channel, request);
  return request;
}

Outgoing gotify(const NotificationConfig& channel, const Notification& told) {
  auto request =
      post_json(without_last_slash(channel.url) + "/message",
                {{"title", told.title}, {"message", text_of(told)}, {"priority", by_weight(told, 2, 4, 6, 8)}});
  request.fields.emplace_back("X-Gotify-Key", channel.token);
  return request;
}

Outgoing discord(const NotificationConfig& channel, const Notification& told) {
  const Json embed = {{"title", shortened(told.title, 256)},
                      {"description", shortened(text_of(told), 4000)},
                      {"color", by_weight(told, 0x2ecc71, 0x3498db, 0xf1c40f, 0xe74c3c)},
                      {"timestamp", iso_time(told.at)}};
  return post_json(
      channel.url,
      {{"username", "cachearr"}, {"embeds", Json::array({embed})}, {"allowed_mentions", {{"parse", Json::array()}}}});
}

/// Slack reads & < > as its own marks.
std::string slack_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

Outgoing slack(const NotificationConfig& channel, const Notification& told) {
  const auto text = "*" + slack_text(told.title) + "*\n" + slack_text(shortened(text_of(told), 8000));
  return post_json(channel.url, {{"text", text}});
}

Outgoing telegram(const NotificationConfig& channel, const Notification& told) {
  return post_json(without_last_slash(channel.url) + "/bot" + channel.token + "/sendMessage",
                   {{"chat_id", channel.chat_id}, {"text", shortened(told.title + "\n\n" + text_of(told), 4000)}});
}

Outgoing apprise(const NotificationConfig& channel, const Notification& told) {
  auto request = post_json(channel.url, {{"title", told.title},
                                         {"body", text_of(told)},
                                         {"type", by_weight(told, "success", "info", "warning", "failure")}});
  add_bearer(channel, request);
  return request;
}

Outgoing pushover(const NotificationConfig& channel, const Notification& told) {
  std::string form;
  const auto add = [&form](std::string_view name, const std::string& value) {
    form += (form.empty() ? "" : "&") + std::string{name} + "=" + text::percent_encode(value);
  };
  add("token", channel.token);
  add("user", channel.user);
  add("title", shortened(told.title, 250));
  add("message", shortened(text_of(told), 1024));
  add("priority", by_weight(told, "-1", "0", "0", "1"));
  add("timestamp", std::to_string(std::chrono::floor<std::chrono::seconds>(told.at.time_since_epoch()).count()));
  return post(channel.url, "application/x-www-form-urlencoded", form);
}

Outgoing email(const NotificationConfig& channel, const Notification& told) {
  Outgoing mail;
  mail.url = channel.url;
  mail.body = mail_message(channel, told, text_of(told) + "\n\n-- \n" + told.event + ", " + iso_time(told.at) + "\n");
  mail.from = bare_address(channel.from);
  for (const auto& mailbox : channel.to) mail.to.push_back(bare_address(mailbox));
  return mail;
}

}  // namespace

std::string shortened(const std::string& text, std::size_t most) {
  constexpr std::string_view more = "\u2026";
  if (text.size() <= most) return text;
  auto end = most - more.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end) + std::string{more};
}

Outgoing request_of(const NotificationConfig& channel, const Notification& notification) {
  switch (channel.type) {
    case ChannelType::webhook: return webhook(channel, notification);
    case ChannelType::ntfy: return ntfy(channel, notification);
    case ChannelType::gotify: return gotify(channel, notification);
    case ChannelType::discord: return discord(channel, notification);
    case ChannelType::slack: return slack(channel, notification);
    case ChannelType::telegram: return telegram(channel, notification);
    case ChannelType::apprise: return apprise(channel, notification);
    case ChannelType::pushover: return pushover(channel, notification);
    case ChannelType::email: break;
  }
  return email(channel, notification);
}

}  // namespace cachearr::upkeep

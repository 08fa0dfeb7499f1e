#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "app/config/settings.hpp"
#include "base/json_position.hpp"
#include "http/url.hpp"
#include "upkeep/notify/message_template.hpp"

namespace cachearr::app {
namespace {

using enum ChannelType;
using Channel = NotificationConfig;

const std::vector<std::string> type_names{"webhook",  "ntfy",    "gotify",   "discord", "slack",
                                          "telegram", "apprise", "pushover", "email"};
constexpr Duration longest_first_pause{3'600'000};
constexpr std::size_t longest_secret_file = 4096;

/// A text that travels in a header field or an address: nothing that ends a line there.
Result<std::string> to_line(const RawValue& raw) {
  auto line = to_text(raw);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  if (line.ok() && std::any_of(line->begin(), line->end(), is_control))
    return Error{"must be one line without control characters"};
  return line;
}

Result<std::string> to_visible(const RawValue& raw) {
  auto word = to_line(raw);
  if (word.ok() && word->find(' ') != std::string::npos) return Error{"must not contain a space"};
  return word;
}

Result<std::string> to_mailbox(const RawValue& raw) {
  auto mailbox = to_line(raw);
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (mailbox.ok() && (mailbox->find('@') == std::string::npos || mailbox->find(',') != std::string::npos ||
                       !std::all_of(mailbox->begin(), mailbox->end(), is_ascii)))
    return Error{"must be one mail address in ASCII such as \"me@example.org\" or \"Me <me@example.org>\""};
  return mailbox;
}

/// Addresses are secrets of many services, so errors do not repeat them.
Result<std::string> to_url(const RawValue& raw, const std::vector<std::string>& schemes) {
  auto url = to_visible(raw);
  if (!url.ok()) return url;
  const auto parts = http::split_url(*url);
  const bool known = std::find(schemes.begin(), schemes.end(), parts.scheme) != schemes.end();
  if (known && !parts.host_port().empty()) return url;
  std::string list;
  for (const auto& scheme : schemes) list += (list.empty() ? "" : " or ") + scheme + "://";
  return Error{"must begin with " + list + " and a host"};
}

Result<std::string> to_proxy(const RawValue& raw) {
  if (raw.value.is_string() && raw.value == "none") return std::string{"none"};
  auto proxy = to_url(raw, {"http", "https", "socks5", "socks5h", "socks4", "socks4a"});
  return proxy.ok() ? proxy : Error{"must be \"none\" or the address of a proxy such as \"http://proxy:3128\""};
}

Result<std::string> to_template(const RawValue& raw) {
  auto body = to_text(raw);
  if (!body.ok()) return body;
  if (const auto word = upkeep::unknown_placeholder(*body))
    return Error{"has {" + *word + "}" +
                 hint(*word, {"title", "message", "event", "id", "severity", "advice", "time"})};
  return body;
}

/// The value that a file holds, judged as if it stood here.
template <class Read>
Result<std::string> from_file(const RawValue& raw, Read read) {
  auto path = to_path(raw);
  if (!path.ok()) return path;
  const auto content = content_of_file(*path);
  if (!content) return Error{"names \"" + *path + "\", which cannot be read"};
  if (content->size() > longest_secret_file) return Error{"names \"" + *path + "\", which is too large for a secret"};
  auto value = read(RawValue{*content, false, raw.folder});
  return value.ok() ? value : Error{"names \"" + *path + "\", whose content " + value.error().what};
}

using Set = std::function<ValidationErrors(Channel&, const RawValue&)>;

/// What a channel may be given. `types`: for which types alone; empty: for all.
struct ChannelMember {
  std::string name;
  Set set;
  std::set<ChannelType> types = {};
};

template <class Read>
Set text(std::string Channel::*into, Read read) {
  return [=](Channel& channel, const RawValue& raw) { return put(channel.*into, read(raw)); };
}

template <class Read>
Set text_of_file(std::string Channel::*into, Read read) {
  return [=](Channel& channel, const RawValue& raw) { return put(channel.*into, from_file(raw, read)); };
}

template <class Read>
Set list(std::vector<std::string> Channel::*into, Read read) {
  return [=](Channel& channel, const RawValue& raw) -> ValidationErrors {
    const auto members = to_list(raw);
    if (!members.ok()) return {{"", members.error().what}};
    if (members->empty()) return {{"", "must not be empty"}};
    ValidationErrors errors;
    (channel.*into).assign(members->size(), {});
    for (std::size_t i = 0; i < members->size(); ++i)
      for (auto& error : put((channel.*into)[i], read((*members)[i])))
        errors.push_back({json_pointer("", i), std::move(error.message)});
    return errors;
  };
}

ValidationErrors set_url(Channel& channel, const RawValue& raw) {
  return put(channel.url, to_url(raw, channel.type == email ? std::vector<std::string>{"smtp", "smtps"}
                                                            : std::vector<std::string>{"https", "http"}));
}

ValidationErrors set_url_of_file(Channel& channel, const RawValue& raw) {
  const auto content = from_file(raw, to_visible);
  if (!content.ok()) return {{"", content.error().what}};
  auto errors = set_url(channel, RawValue{*content, false, raw.folder});
  for (auto& error : errors) error.message = "names a file whose content " + error.message;
  return errors;
}

ValidationErrors set_encryption(Channel& channel, const RawValue& raw) {
  return put(channel.encrypted, to_choice(raw, {"none", "required"}));
}

const std::vector<ChannelMember>& members() {
  static const std::vector<ChannelMember> all{
      {"name", text(&Channel::name, to_line)},
      {"url", set_url},
      {"url_file", set_url_of_file},
      {"events", list(&Channel::events, to_text)},
      {"token", text(&Channel::token, to_visible), {webhook, ntfy, gotify, telegram, apprise, pushover}},
      {"token_file", text_of_file(&Channel::token, to_visible), {webhook, ntfy, gotify, telegram, apprise, pushover}},
      {"user", text(&Channel::user, to_visible), {pushover, email}},
      {"user_file", text_of_file(&Channel::user, to_visible), {pushover, email}},
      {"password", text(&Channel::password, to_line), {email}},
      {"password_file", text_of_file(&Channel::password, to_line), {email}},
      {"chat_id", text(&Channel::chat_id, to_visible), {telegram}},
      {"from", text(&Channel::from, to_mailbox), {email}},
      {"to", list(&Channel::to, to_mailbox), {email}},
      {"encryption", set_encryption, {email}},
      {"template", text(&Channel::body_template, to_template), {webhook}},
      {"proxy", text(&Channel::proxy, to_proxy)},
      {"ca_file", text(&Channel::ca_file, to_path)},
      {"retry_after",
       [](Channel& channel, const RawValue& raw) {
         return put(channel.retry_after, to_duration(raw, Duration{1}, longest_first_pause));
       }},
  };
  return all;
}

ValidationErrors set_member(Channel& channel, const std::string& name, const RawValue& raw) {
  std::vector<std::string> known{"type"};
  for (const auto& member : members()) {
    if (!member.types.empty() && !member.types.contains(channel.type)) continue;
    if (member.name == name) return is_null(raw) ? ValidationErrors{} : member.set(channel, raw);
    known.push_back(member.name);
  }
  return {{"",
           "unknown setting \"" + name + "\" of a channel of the type \"" +
               type_names[static_cast<std::size_t>(channel.type)] + "\"" + hint(name, known),
           true}};
}

/// What must be there, or must not be there together.
void check_whole(const Channel& channel, const nlohmann::json& given, const std::string& pointer,
                 ValidationErrors& errors) {
  const auto has = [&](const std::string& name) { return given.contains(name) && !given[name].is_null(); };
  const auto need = [&](const std::string& name, bool or_file) {
    if (has(name) || (or_file && has(name + "_file"))) return;
    errors.push_back({pointer, "needs a \"" + name + "\"" + (or_file ? " or a \"" + name + "_file\"" : "")});
  };
  for (const std::string name : {"url", "token", "user", "password"})
    if (has(name) && has(name + "_file"))
      errors.push_back(
          {json_pointer(pointer, name + "_file"), "is given besides \"" + name + "\"; remove one of the two"});
  need("name", false);
  if (channel.type != telegram && channel.type != pushover) need("url", true);
  if (channel.type == gotify || channel.type == telegram || channel.type == pushover) need("token", true);
  if (channel.type == telegram) need("chat_id", false);
  if (channel.type == pushover) need("user", true);
  if (channel.type != email) return;
  need("from", false);
  need("to", false);
  const bool user = has("user") || has("user_file"), password = has("password") || has("password_file");
  if (user) need("password", true);
  if (password) need("user", true);
  if (user && !channel.encrypted)
    errors.push_back({json_pointer(pointer, "encryption"), "must be \"required\" where a password is sent"});
}

/// ntfy takes a message at its root, with the topic in it.
void check_topic(const Channel& channel, const nlohmann::json& given, const std::string& pointer,
                 ValidationErrors& errors) {
  if (channel.type != ntfy || channel.url.empty()) return;
  auto path = http::split_url(channel.url).tail;
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.size() < 2 || path.find_first_of("/?#", 1) != std::string_view::npos)
    errors.push_back({json_pointer(pointer, given.contains("url") ? "url" : "url_file"),
                      "must be the server and one topic, such as \"https://ntfy.sh/my-topic\""});
}

void set_default_url(Channel& channel) {
  if (channel.type == telegram) channel.url = "https://api.telegram.org";
  if (channel.type == pushover) channel.url = "https://api.pushover.net/1/messages.json";
}

void set_channel(Channel& channel, const RawValue& raw, const std::string& pointer, ValidationErrors& errors) {
  const auto& given = raw.value;
  if (!given.is_object() || !given.contains("type")) {
    errors.push_back({pointer, given.is_object() ? "needs a \"type\": webhook, ntfy, gotify, discord, slack, telegram, "
                                                   "apprise, pushover or email"
                                                 : "must be an object in { }, not " + kind_of(given)});
    return;
  }
  const auto type = to_choice({given["type"], raw.is_text, raw.folder}, type_names);
  if (!type.ok()) {
    errors.push_back({json_pointer(pointer, "type"), type.error().what});
    return;
  }
  channel.type = static_cast<ChannelType>(*type);
  set_default_url(channel);
  const auto before = errors.size();
  for (const auto& [name, value] : given.items()) {
    if (name == "type") continue;
    for (auto& error : set_member(channel, name, {value, raw.is_text, raw.folder})) {
      error.pointer = json_pointer(pointer, name) + error.pointer;
      errors.push_back(std::move(error));
    }
  }
  check_whole(channel, given, pointer, errors);
  if (errors.size() == before) check_topic(channel, given, pointer, errors);
}

void check_names(const std::vector<Channel>& channels, ValidationErrors& errors) {
  std::set<std::string> taken;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const auto& name = channels[i].name;
    if (!name.empty() && !taken.insert(name).second)
      errors.push_back({json_pointer(json_pointer("", i), "name"),
                        "is another channel's as well: \"" + name + "\"; each needs its own"});
  }
}

}  // namespace

ValidationErrors set_notifications(std::vector<NotificationConfig>& channels, const RawValue& raw) {
  const auto given = to_list(raw);
  if (!given.ok()) return {{"", given.error().what}};
  ValidationErrors errors;
  std::vector<Channel> taken(given->size());
  for (std::size_t i = 0; i < given->size(); ++i) set_channel(taken[i], (*given)[i], json_pointer("", i), errors);
  check_names(taken, errors);
  if (errors.empty()) channels = std::move(taken);
  return errors;
}

}  // namespace cachearr::app

#include "upkeep/notify/message_template.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/iso_time.hpp"
#include "base/text.hpp"

namespace cachearr::upkeep {

namespace {

using ValueOf = std::string (*)(const Notification&);
constexpr std::array<std::pair<std::string_view, ValueOf>, 7> kPlaceholders{{
    {"title", [](const Notification& told) { return told.title; }},
    {"message", [](const Notification& told) { return told.message; }},
    {"event", [](const Notification& told) { return told.event; }},
    {"id", [](const Notification& told) { return told.id; }},
    {"severity", [](const Notification& told) { return told.severity; }},
    {"advice", [](const Notification& told) { return told.advice; }},
    {"time", [](const Notification& told) { return iso_time(told.at); }},
}};

ValueOf value_named(std::string_view name) noexcept {
  for (const auto& [known, value] : kPlaceholders)
    if (known == name) return value;
  return nullptr;
}

/// The word of "{word}" at the beginning of `text`; empty: none stands there.
std::string_view word_at(std::string_view text) noexcept {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (!text.starts_with('{')) return {};
  const auto end = std::find_if_not(text.begin() + 1, text.end(), is_letter);
  if (end == text.end() || *end != '}') return {};
  return text.substr(1, static_cast<std::size_t>(end - text.begin()) - 1);
}

std::string within_json_string(const std::string& value) {
  std::string quoted;
  text::append_json_string(quoted, value);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

bool is_json_template(std::string_view body) { return nlohmann::json::accept(body); }

std::string fill_template(std::string_view body, const Notification& notification) {
  const bool json = is_json_template(body);
  std::string filled;
  for (std::size_t at = 0; at < body.size();) {
    const auto word = word_at(body.substr(at));
    if (const auto value = value_named(word)) {
      filled += json ? within_json_string(value(notification)) : value(notification);
      at += word.size() + 2;
    } else {
      filled += body[at++];
    }
  }
  return filled;
}

std::optional<std::string> unknown_placeholder(std::string_view body) {
  for (std::size_t at = 0; at < body.size(); ++at) {
    const auto word = word_at(body.substr(at));
    if (!word.empty() && !value_named(word)) return std::string{word};
  }
  return std::nullopt;
}

}  // namespace cachearr::upkeep

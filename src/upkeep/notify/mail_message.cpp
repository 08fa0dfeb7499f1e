#include "upkeep/notify/mail_message.hpp"

#include <algorithm>
#include <string_view>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/date.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kBase64Line = 76;   // RFC 2045 6.8
constexpr std::size_t kBytesOfWord = 39;  // so that no line is longer than 76 characters (RFC 2047 2)
constexpr std::string_view kEnd = "\r\n";

std::string date_of(TimePoint at) {
  auto date = http::format_date(at);
  date.replace(date.rfind(' '), std::string::npos, " +0000");  // "GMT" is an obsolete zone in mail
  return date;
}

/// Where a piece of at most `most` bytes ends without tearing a character apart.
std::size_t end_of_piece(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text.size();
  auto end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return end == 0 ? most : end;
}

/// As a header's value: encoded words where it is not plain ASCII.
std::string header_text(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string{text};
  std::string encoded;
  while (!text.empty()) {
    const auto length = end_of_piece(text, kBytesOfWord);
    encoded +=
        (encoded.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + text::base64_encode(text.substr(0, length)) + "?=";
    text.remove_prefix(length);
  }
  return encoded;
}

std::string base64_lines(const std::string& text) {
  const auto encoded = text::base64_encode(text);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kBase64Line)
    lines += encoded.substr(at, kBase64Line) + std::string{kEnd};
  return lines;
}

std::string message_id(const NotificationConfig& channel, const Notification& notification) {
  const auto at = std::to_string(notification.at.time_since_epoch().count());
  const auto address = bare_address(channel.from);
  return "<" + to_hex(hash128(at + notification.event + notification.id + channel.name + notification.message)) + "@" +
         address.substr(address.rfind('@') + 1) + ">";
}

}  // namespace

std::string bare_address(const std::string& mailbox) {
  const auto open = mailbox.rfind('<'), close = mailbox.rfind('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return mailbox;
  return mailbox.substr(open + 1, close - open - 1);
}

std::string mail_message(const NotificationConfig& channel, const Notification& notification, const std::string& text) {
  std::string message;
  const auto field = [&](std::string_view name, std::string_view value) {
    message.append(name).append(": ").append(value).append(kEnd);
  };
  field("From", channel.from);
  field("To", text::joined(channel.to));
  field("Subject", header_text("[cachearr] " + notification.title));
  field("Date", date_of(notification.at));
  field("Message-ID", message_id(channel, notification));
  field("Auto-Submitted", "auto-generated");
  field("MIME-Version", "1.0");
  field("Content-Type", "text/plain; charset=utf-8");
  field("Content-Transfer-Encoding", "base64");
  return message + std::string{kEnd} + base64_lines(text);
}

}  // namespace cachearr::upkeep
